import type { Availability } from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import type { Feature } from "../../shell/registry";
import { AccountButton } from "./AccountButton";
import { AccountMenu } from "./AccountMenu";
import { may } from "../../shell/permissions";
import { chooseAvailability } from "./team";

const AVAILABILITIES: readonly Availability[] = ["online", "away", "busy", "offline"];

export const AGENTS: Feature = {
  name: "agents",
  menus: { account: { title: text.team, untitled: true, Content: AccountMenu } },
  RailEnd: AccountButton,
  commands: () =>
    (may("availability.write") ? AVAILABILITIES : []).map((name) => ({
      key: `be:${name}`,
      label: text.be(common.availability[name]),
      run: () => void chooseAvailability(name),
    })),
};
