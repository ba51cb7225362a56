/** The names of the dialogs. */
export const EDIT = "edit-tag";
export const MERGE = "merge-tag";
export const REMOVE = "delete-tag";

/** Stands for the id of one that is to be created. */
export const NEW = "new";
