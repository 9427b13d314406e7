import { effect, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { EventDocument } from '../../shared/documents.ts';
import { t } from '../texts.ts';
import { hitAt, type ArenaLayout } from './arena.ts';
import { createArenaView, type ArenaView } from './arena-view.ts';
import { listenTo } from './gestures.ts';
import type { House } from './house.ts';

/** From here on a seat is large enough to be meant. */
const SEAT_FROM_PX = 11;
const STEP = 1.6;

interface MapProps {
  readonly house: House;
  readonly layout: ArenaLayout;
  readonly event: EventDocument;
  /** The section that the list shows; the map goes there. */
  readonly section: Signal<string | null>;
}

const shapeOf = (layout: ArenaLayout, sectionId: string) =>
  layout.sections.find((one) => one.sectionId === sectionId) ??
  layout.areas.find((one) => one.sectionId === sectionId);

/** Follows the house and the fingers until the returned function is called. */
const openView = (canvas: HTMLCanvasElement, { house, layout, event, section }: MapProps) => {
  const view: ArenaView = createArenaView(canvas, layout, (id) => house.looksOf(id), {
    stage: t('stage'),
    areaLook: (id) => ({
      chosen: section.peek() === id,
      gone: (event.sections.find((one) => one.sectionId === id)?.left ?? 1) === 0,
    }),
  });
  const endings = [
    house.onChange((shape, indices) => view.changed(shape, indices)),
    listenTo(canvas, {
      panBy: (dx, dy) => view.panBy(dx, dy),
      zoomAt: (factor, x, y) => view.zoomAt(factor, x, y),
      tap(x, y) {
        const at = view.toArena(x, y);
        const hit = hitAt(layout, at.x, at.y);
        if (hit === null) return;
        const shape = layout.sections.find(({ sectionId }) => sectionId === hit.sectionId);
        if (shape !== undefined && hit.seat !== null && view.scale() >= SEAT_FROM_PX) {
          section.value = hit.sectionId;
          house.toggle(shape, hit.seat);
        } else if (section.value === hit.sectionId) {
          const target = shapeOf(layout, hit.sectionId);
          if (target !== undefined) view.show(target);
        } else section.value = hit.sectionId;
      },
    }),
    effect(() => {
      const id = section.value;
      const shape = id === null ? undefined : shapeOf(layout, id);
      if (shape === undefined) {
        view.showAll();
        return;
      }
      // Who has come close by hand stays where they are.
      if (view.scale() < SEAT_FROM_PX) view.show(shape);
      else view.repaint();
    }),
  ];
  const refit = (): void => view.refit();
  const resized = new ResizeObserver(refit);
  resized.observe(canvas);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', refit);
  void document.fonts.ready.then(() => view.repaint());
  endings.push(
    () => resized.disconnect(),
    () => dark.removeEventListener('change', refit),
  );
  return {
    view,
    close: () => {
      for (const end of endings) end();
    },
  };
};

/** The arena, painted. For the keyboard and for screen readers the list beside it holds the same seats. */
export const ArenaMap = (props: MapProps) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const opened = useRef<ReturnType<typeof openView> | null>(null);
  useEffect(() => {
    if (canvas.current === null) return undefined;
    opened.current = openView(canvas.current, props);
    return () => opened.current?.close();
  }, [props.layout]);
  const view = (): ArenaView | undefined => opened.current?.view;
  return (
    <figure class="map">
      <canvas ref={canvas} role="img" aria-label={t('mapLabel')} />
      <div class="map-buttons">
        <button type="button" aria-label={t('zoomIn')} onClick={() => view()?.zoomCentre(STEP)}>
          +
        </button>
        <button type="button" aria-label={t('zoomOut')} onClick={() => view()?.zoomCentre(1 / STEP)}>
          −
        </button>
        <button
          type="button"
          aria-label={t('zoomAll')}
          onClick={() => {
            props.section.value = null;
            view()?.showAll();
          }}
        >
          ⤢
        </button>
      </div>
      <figcaption class="legend small">
        <span class="legend-seat free" aria-hidden="true" /> {t('free')}
        <span class="legend-seat held" aria-hidden="true" /> {t('held')}
        <span class="legend-seat sold" aria-hidden="true" /> {t('sold')}
        <span class="legend-seat chosen" aria-hidden="true" /> {t('chosen')}
        <span class="legend-seat mine" aria-hidden="true" /> {t('mine')}
      </figcaption>
    </figure>
  );
};
