import { defineRoom } from "../room.ts";

export const room = defineRoom({
  fields: {},
  controls: {},
  View: () => <p>This room is being built.</p>,
});
