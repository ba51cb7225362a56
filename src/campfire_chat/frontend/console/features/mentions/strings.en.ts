export const en = {
  title: "Mention somebody",
  find: "Find an agent or a team",
  none: "No agent and no team has this name.",
  loading: "Loading agents and teams",
  team: "Team",
  somebody: "somebody",
  unknownTeam: "a former team",
};

export type Strings = typeof en;
