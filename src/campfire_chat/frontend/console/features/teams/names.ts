/** The names of the dialogs. */
export const EDIT = "edit-team";
export const REMOVE = "delete-team";

/** Stands for the id of one that is to be created. */
export const NEW = "new";
