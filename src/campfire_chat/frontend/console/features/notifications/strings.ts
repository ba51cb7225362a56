import { inLanguage } from "../../../common/language";
import { en } from "./strings.en";

export const text = inLanguage({ en });
