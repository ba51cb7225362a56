import { useState } from "preact/hooks";
import { isBlank } from "../../../common/text";
import type { TeamRecord } from "../../../common/types";
import { closeDialog, toast, useClosedWhen } from "../../shell/overlay";
import { reason } from "../../shell/session";
import { Modal } from "../../ui/Modal";
import { useRefusal } from "../../ui/refusal";
import { Members } from "./Members";
import { NEW } from "./names";
import { phase, save, teams } from "./teams";
import { text } from "./strings";

const { fields } = text;
const FIELDS = ["name", "description", "members"] as const;

/** Writes a new team, or changes one. */
export function EditDialog({ subject }: { subject: string }) {
  const team = teams.value.find(({ id }) => id === subject);
  useClosedWhen(subject !== NEW && phase.value === "ready" && !team);
  if (subject !== NEW && !team) return null;
  return <Form team={team ?? null} />;
}

function Form({ team }: { team: TeamRecord | null }) {
  const title = team ? text.editTitle : text.create;
  const [name, setName] = useState(team?.name ?? "");
  const [description, setDescription] = useState(team?.description ?? "");
  const [members, setMembers] = useState<ReadonlySet<string>>(new Set(team?.members));
  const refusal = useRefusal("team", FIELDS);
  const [busy, setBusy] = useState(false);

  const submit = async () => {
    if (isBlank(name) || busy) return;
    setBusy(true);
    try {
      await save(team?.id ?? null, { name, description, members: [...members] });
      closeDialog();
      toast(team ? text.saved : text.created);
    } catch (error) {
      setBusy(false);
      refusal.refuse(error, text.failed.why(text.failed.save, reason(error)));
    }
  };
  return (
    <Modal label={title} name="team-dialog" onClose={closeDialog}>
      <form
        ref={refusal.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
        }}
      >
        <h2>{title}</h2>
        {refusal.told && (
          <p class="team-refused" id="team-refused" role="alert">
            {refusal.told}
          </p>
        )}
        <label for="team-name">{fields.name}</label>
        <input
          id="team-name"
          type="text"
          dir="auto"
          autoFocus
          autoComplete="off"
          value={name}
          aria-invalid={refusal.isWrong("name")}
          aria-describedby={refusal.describedBy("name")}
          onInput={(event) => {
            setName(event.currentTarget.value);
            refusal.clear();
          }}
        />
        <label for="team-description">{fields.description}</label>
        <input
          id="team-description"
          type="text"
          dir="auto"
          autoComplete="off"
          value={description}
          aria-invalid={refusal.isWrong("description")}
          aria-describedby={refusal.describedBy("description", "team-description-help")}
          onInput={(event) => {
            setDescription(event.currentTarget.value);
            refusal.clear();
          }}
        />
        <p class="team-help" id="team-description-help">
          {fields.descriptionHelp}
        </p>
        <Members
          members={members}
          describedBy={refusal.describedBy("members")}
          onChange={(next) => {
            setMembers(next);
            refusal.clear();
          }}
        />
        <p class="modal-actions">
          <button type="button" class="button" onClick={closeDialog}>
            {text.cancel}
          </button>
          <button type="submit" class="button primary" disabled={isBlank(name)} aria-busy={busy}>
            {text.save}
          </button>
        </p>
      </form>
    </Modal>
  );
}
