import { a } from "./acme.js";
export const b = a;
