/** What fingers, mouse and wheel ask of a map. */
export interface Gestures {
  panBy(dx: number, dy: number): void;
  zoomAt(factor: number, x: number, y: number): void;
  tap(x: number, y: number): void;
}

/** A finger trembles: what moves less than this was a tap. */
const TREMBLE_PX = 6;

interface Finger {
  x: number;
  y: number;
}

/** Listens on an element until the returned function is called. One pointer moves, two zoom, the wheel zooms. */
export const listenTo = (element: HTMLElement, gestures: Gestures): (() => void) => {
  const fingers = new Map<number, Finger>();
  let moved = 0;
  let many = false;

  const at = (event: PointerEvent | WheelEvent): Finger => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const down = (event: PointerEvent): void => {
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 1) {
      moved = 0;
      many = false;
    } else many = true;
  };

  const spread = (): { readonly apart: number; readonly x: number; readonly y: number } => {
    const [a, b] = [...fingers.values()];
    if (a === undefined || b === undefined) return { apart: 1, x: 0, y: 0 };
    return { apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };

  const move = (event: PointerEvent): void => {
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) return;
    const next = at(event);
    if (fingers.size === 1) {
      moved += Math.hypot(next.x - finger.x, next.y - finger.y);
      if (moved > TREMBLE_PX) gestures.panBy(next.x - finger.x, next.y - finger.y);
      fingers.set(event.pointerId, next);
      return;
    }
    const before = spread();
    fingers.set(event.pointerId, next);
    const after = spread();
    gestures.zoomAt(after.apart / before.apart, after.x, after.y);
    gestures.panBy(after.x - before.x, after.y - before.y);
  };

  const up = (event: PointerEvent): void => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    if (finger === undefined || event.type === 'pointercancel') return;
    if (fingers.size === 0 && !many && moved <= TREMBLE_PX) gestures.tap(finger.x, finger.y);
  };

  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const { x, y } = at(event);
    gestures.zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), x, y);
  };

  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('wheel', wheel);
  };
};
