import { asksByHelper } from "../helper-plan.ts";

export const terraform = asksByHelper("terraform");
