/** The names of the menu and the dialogs. */
export const PICK = "saved-replies";
export const EDIT = "edit-saved-reply";
export const REMOVE = "delete-saved-reply";

/** Stands for the id of one that is to be created. */
export const NEW = "new";
