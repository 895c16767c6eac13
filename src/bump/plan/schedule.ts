/** Whether it is time. Pure. */
import { DAYS, type Schedule } from "../../config/bump.js";

/** Whether `now` lies in every one of the schedules; without any it always does. */
export function isOpen(schedules: readonly Schedule[], now: Date): boolean {
  return schedules.every((schedule) => contains(schedule, now));
}

/** A span over midnight belongs to the day on which it begins. */
function contains(schedule: Schedule, now: Date): boolean {
  const { day, minute } = localTime(now, schedule.timeZone ?? "UTC");
  const isDay = (index: number) => {
    const name = DAYS[(index + DAYS.length) % DAYS.length];
    return schedule.days === undefined || (name !== undefined && schedule.days.includes(name));
  };
  if (schedule.from === undefined || schedule.to === undefined) return isDay(day);
  const [from, to] = [minutes(schedule.from), minutes(schedule.to)];
  if (from < to) return isDay(day) && minute >= from && minute < to;
  return (isDay(day) && minute >= from) || (isDay(day - 1) && minute < to);
}

function localTime(now: Date, timeZone: string): { day: number; minute: number } {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const weekday = parts.get("weekday")?.toLowerCase();
  return {
    day: DAYS.findIndex((name) => name === weekday),
    minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
  };
}

/** Minutes since midnight of "22:05". */
function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(":").map(Number);
  return hours * 60 + rest;
}
