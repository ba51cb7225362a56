import { Icon } from "../../ui/Icon";
import { text } from "./strings";

/** Says that somebody cannot write. */
export function Blocked() {
  return (
    <span class="badge blocked" title={text.blockedHelp}>
      <Icon name="lock" size={14} />
      {text.blocked}
    </span>
  );
}

/** Whether it is certain who somebody is. */
export function Identity({ verified }: { verified: boolean }) {
  return verified ? (
    <span class="badge verified" title={text.verifiedHelp}>
      <Icon name="verified" size={14} />
      {text.verified}
    </span>
  ) : (
    <span class="badge" title={text.unverifiedHelp}>
      {text.unverified}
    </span>
  );
}
