/**
 * The worker that trains with the library's losses.
 */
import { listen } from "./port.ts";
import { pytorchProgram } from "./pytorch.ts";

listen({ pytorch: pytorchProgram });
