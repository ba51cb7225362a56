import { computed, signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import type { AttributeRecord, ContactRecord, Page } from "../../../common/types";
import { api, reason } from "../../shell/session";
import { PATH } from "./route";

export type Value = string | number | boolean;

/** What the name of a column or of a changed field begins with that is an attribute. */
export const ATTRIBUTE = "attributes.";

/** What contacts may have; empty until it is known. */
export const attributes = signal<readonly AttributeRecord[]>([]);

const byKey = computed(() => new Map(attributes.value.map((item) => [item.key, item])));

/** The attribute that a column or a changed field is about. */
export const attributeOf = (name: string): AttributeRecord | undefined =>
  name.startsWith(ATTRIBUTE) ? byKey.value.get(name.slice(ATTRIBUTE.length)) : undefined;

/** Asks anew. What cannot be loaded leaves what is known. */
export async function loadAttributes(): Promise<void> {
  try {
    attributes.value = (await api.get<Page<AttributeRecord>>("contact-attributes")).items;
  } catch {
    // The next screen of contacts asks again.
  }
}

/** Why a value was refused; null: it was stored, and the record is what is known now. */
export interface Stored {
  readonly record: ContactRecord | null;
  readonly refusal: string;
}

export async function store(id: string, key: string, value: Value | null): Promise<Stored> {
  try {
    const body = { attributes: { [key]: value } };
    const path = `${PATH}/${encodeURIComponent(id)}`;
    const record = await api.request<ContactRecord>("PATCH", path, { body });
    return { record, refusal: "" };
  } catch (error) {
    const isAbout = error instanceof ApiError && error.code === "invalid_attribute";
    return { record: null, refusal: isAbout ? error.message : reason(error) };
  }
}
