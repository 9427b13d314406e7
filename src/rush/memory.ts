import type {
  ClientHistory,
  HoldTold,
  OrderAnswer,
  Repeat,
  SaleTold,
  SeatRequest,
} from '../audit/history.ts';
import type { FrameDocument } from './documents.ts';

/** Remembers what fans are told while the run goes on. */
export interface Memory {
  place(fanId: string, number: number): void;
  admitted(fanId: string): void;
  hold(told: HoldTold): void;
  releasing(holdId: string, atMs: number): void;
  order(answer: OrderAnswer): void;
  sale(told: SaleTold): void;
  repeat(repeat: Repeat): void;
  unknown(fanId: string, what: 'hold' | 'order'): void;
  /** Something asked of seats, once it is over. */
  request(request: SeatRequest): void;
  frame(frame: FrameDocument): void;
  /** One answer held against its request; `problem` null: it fits. */
  compared(problem: string | null): void;
  history(eventId: string): ClientHistory;
}

export const createMemory = (): Memory => {
  const places: { readonly fanId: string; readonly number: number }[] = [];
  const admitted: string[] = [];
  const holds = new Map<string, HoldTold>();
  const orders: OrderAnswer[] = [];
  const sales: SaleTold[] = [];
  const repeats: Repeat[] = [];
  const unknown: { readonly fanId: string; readonly what: 'hold' | 'order' }[] = [];
  const requests: SeatRequest[] = [];
  const frames = new Map<number, number>();
  const untruths: string[] = [];
  let compared = 0;

  return {
    place: (fanId, number) => void places.push({ fanId, number }),
    admitted: (fanId) => void admitted.push(fanId),
    hold: (told) => void holds.set(told.holdId, told),
    releasing(holdId, atMs) {
      const told = holds.get(holdId);
      if (told?.releasedAtMs === null) holds.set(holdId, { ...told, releasedAtMs: atMs });
    },
    order: (answer) => void orders.push(answer),
    sale: (told) => void sales.push(told),
    repeat: (repeat) => void repeats.push(repeat),
    unknown: (fanId, what) => void unknown.push({ fanId, what }),
    request: (request) => void requests.push(request),
    frame(frame) {
      // Pollers and streams see the same frames, and not in order: the time it was made is its name.
      const atMs = Date.parse(frame.at);
      frames.set(atMs, Math.max(frames.get(atMs) ?? 0, frame.serving));
    },
    compared(problem) {
      compared += 1;
      if (problem !== null) untruths.push(problem);
    },
    history: (eventId) => ({
      eventId,
      placesTold: places,
      admitted,
      holdsTold: [...holds.values()],
      orderAnswers: orders,
      salesTold: sales,
      repeats,
      unknown,
      requests,
      frames: [...frames].map(([atMs, serving]) => ({ atMs, serving })).sort((a, b) => a.atMs - b.atMs),
      untruths,
      answersCompared: compared,
    }),
  };
};
