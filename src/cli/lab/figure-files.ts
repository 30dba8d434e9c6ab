/** Figures into files: as SVG, and as PNG where the optional `@resvg/resvg-js` is installed. */
import { ShoalError } from '../../bytes/errors.ts';
import type { Disk } from '../../runtime/disk.ts';
import { resolvePath } from '../invocation.ts';

/** Pixels of a PNG for one of the figure's: fit for print. */
const ZOOM = 2;

/** Writes an SVG document to the files named. Rejects with `DiskError`, or `ShoalError` 'NO_PNG'. */
export async function writeFigure(disk: Disk, svg: string, { svg: svgFile, png: pngFile }: { readonly svg?: string; readonly png?: string }): Promise<void> {
  if (svgFile !== undefined) await disk.writeWhole(resolvePath(svgFile), Buffer.from(svg));
  if (pngFile !== undefined) await disk.writeWhole(resolvePath(pngFile), await toPng(svg));
}

async function toPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js').catch(() => {
    throw new ShoalError('NO_PNG', 'PNG files need the optional package @resvg/resvg-js, which is not installed: use --svg, or npm install @resvg/resvg-js');
  });
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: ZOOM }, font: { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' } }).render().asPng();
}
