import type {
  ClientHistory,
  FrameTold,
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
  /** A code that was brought has opened this lane, or (null) the way past the line. */
  opened(fanId: string, laneId: string | null): void;
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
  const lanesOpened: { readonly fanId: string; readonly laneId: string | null }[] = [];
  const admitted: string[] = [];
  const holds = new Map<string, HoldTold>();
  const orders: OrderAnswer[] = [];
  const sales: SaleTold[] = [];
  const repeats: Repeat[] = [];
  const unknown: { readonly fanId: string; readonly what: 'hold' | 'order' }[] = [];
  const requests: SeatRequest[] = [];
  const frames = new Map<string, FrameTold>();
  const untruths: string[] = [];
  let compared = 0;

  return {
    place: (fanId, number) => void places.push({ fanId, number }),
    opened: (fanId, laneId) => void lanesOpened.push({ fanId, laneId }),
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
    frame({ epoch, asOf, serving }) {
      if (asOf === null) return;
      // Pollers and streams see the same frames again and again.
      frames.set(`${epoch} ${asOf} ${serving}`, { epoch, asOfMs: Date.parse(asOf), serving });
    },
    compared(problem) {
      compared += 1;
      if (problem !== null) untruths.push(problem);
    },
    history: (eventId) => ({
      eventId,
      placesTold: places,
      lanesOpened,
      admitted,
      holdsTold: [...holds.values()],
      orderAnswers: orders,
      salesTold: sales,
      repeats,
      unknown,
      requests,
      frames: [...frames.values()],
      untruths,
      answersCompared: compared,
    }),
  };
};
