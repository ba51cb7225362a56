export const en = {
  availabilityHelp: {
    online: "Ready for visitors",
    away: "Back in a moment",
    busy: "Please do not disturb",
    offline: "Not working now",
  },
  myAvailability: (state: string) => `You are ${state.toLowerCase()}. Change your availability`,
  team: "Team",
  be: (state: string) => `Set me to ${state.toLowerCase()}`,
  failed: {
    availability: "Your availability could not be changed.",
  },
};

export type Strings = typeof en;
