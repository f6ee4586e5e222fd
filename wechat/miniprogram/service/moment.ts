// What the service counts in its own time, as the learner has it: the phone's clock, and numbers to be read out.

/** Day and time of a moment of the service's, by the phone's own clock. */
export function hereAndNow(moment: string): string {
  const at = momentOf(moment);
  return `${day(at)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The day of such a moment where the phone is. */
export function dayHere(moment: string): string {
  return day(momentOf(moment));
}

/** The first eight characters of a ticket or receipt, by which it is found again. */
export function short(number: string): string {
  return `${number.slice(0, 4)} ${number.slice(4, 8)}`.trim().toUpperCase();
}

function momentOf(moment: string): Date {
  return new Date(moment.replace(/\.\d+/, "")); // not every phone reads microseconds
}

function day(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
