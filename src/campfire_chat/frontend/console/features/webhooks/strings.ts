import { inLanguage } from "../../../shared/language";
import { en } from "./strings.en";

export const text = inLanguage({ en });
