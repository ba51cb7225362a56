interface Props {
  title: string;
  help: string;
  action?: string;
  onAction?: () => void;
  /** What else can be done. */
  second?: string;
  onSecond?: () => void;
}

/** Says what is wrong and what can be done. */
export function Notice({ title, help, action, onAction, second, onSecond }: Props) {
  return (
    <div class="notice" role="alert">
      <h2>{title}</h2>
      <p>{help}</p>
      <p class="notice-actions">
        {action && (
          <button type="button" class="button primary" onClick={onAction}>
            {action}
          </button>
        )}
        {second && (
          <button type="button" class="button" onClick={onSecond}>
            {second}
          </button>
        )}
      </p>
    </div>
  );
}
