// The icons of which every message or chat shows some, by the names under which `Glyph` finds their drawings.
import BellOff from "@lucide/svelte/icons/bell-off";
import Check from "@lucide/svelte/icons/check";
import CheckCheck from "@lucide/svelte/icons/check-check";
import CircleAlert from "@lucide/svelte/icons/circle-alert";
import Clock from "@lucide/svelte/icons/clock-3";
import Ellipsis from "@lucide/svelte/icons/ellipsis";
import Pin from "@lucide/svelte/icons/pin";
import Reply from "@lucide/svelte/icons/reply";
import Smile from "@lucide/svelte/icons/smile";
import Star from "@lucide/svelte/icons/star";

export const GLYPHS = {
  ellipsis: { icon: Ellipsis, stroke: 2 },
  failed: { icon: CircleAlert, stroke: 2 },
  muted: { icon: BellOff, stroke: 2 },
  pin: { icon: Pin, stroke: 2 },
  reply: { icon: Reply, stroke: 2 },
  smile: { icon: Smile, stroke: 2 },
  star: { icon: Star, stroke: 2 },
  waiting: { icon: Clock, stroke: 2 },
  sent: { icon: Check, stroke: 2 },
  delivered: { icon: CheckCheck, stroke: 2 },
  read: { icon: CheckCheck, stroke: 3 },
} as const;

export type GlyphName = keyof typeof GLYPHS;
