import { isolated } from "../../ui/isolated";

export const en = {
  title: "Teams",
  help: "Agents who do the same work. A conversation can belong to a team.",
  create: "New team",
  createCommand: "Create a team",
  edit: "Edit",
  editTitle: "Edit the team",
  remove: "Delete",
  removeTitle: "Delete this team?",
  removeHelp:
    "Its conversations stay as they are and keep its name, until you give them to another team.",
  cancel: "Cancel",
  save: "Save",
  created: "Team created",
  saved: "Saved",
  removed: "Team deleted",
  retry: "Try again",
  loading: "Loading teams",
  list: "Teams",
  members: (count: number) => (count === 1 ? "1 agent" : `${count} agents`),
  nobody: "No agents yet",
  you: (name: string) => `${isolated(name)} (you)`,
  fields: {
    name: "Name",
    description: "Description",
    descriptionHelp: "What the team does. You can leave it empty.",
    members: "Agents",
    find: "Find an agent",
    none: "No agent has this name.",
    loading: "Loading agents",
    chosen: (count: number) => (count === 1 ? "1 agent chosen" : `${count} agents chosen`),
  },
  empty: {
    title: "No teams yet",
    help: "Create one for those who answer the same questions, such as Billing.",
  },
  failed: {
    load: "The teams could not be loaded.",
    save: "The team could not be saved.",
    remove: "The team could not be deleted.",
    why: (what: string, reason: string) => `${what} ${reason}`,
  },
  keys: {
    group: "Teams",
    next: "Next team",
    previous: "Previous team",
    create: "New team",
    edit: "Edit",
    remove: "Delete",
  },
};

export type Strings = typeof en;
