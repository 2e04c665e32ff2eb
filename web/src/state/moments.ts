// Moments as a field for a date and a time wants them: in the reader's own zone, to the minute.
export function localMoment(at: number): string {
  const moment = new Date(at);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}
