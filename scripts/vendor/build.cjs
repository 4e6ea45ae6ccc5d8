// Bundles plotly.js so that it runs under `style-src 'self'`: two patches keep it from setting a style
// *attribute* (blocked; the CSSOM is not), and map CSS is left out. The build fails when a patch no longer applies.
const esbuild = require('esbuild');
const fs = require('fs');
const { environmentPlugin } = require('esbuild-plugin-environment');
const { glsl } = require('esbuild-plugin-glsl');
const inlineCss = require('esbuild-plugin-inline-css');

const rules = [
  [/traces\/heatmap\/plot\.js$/, "image3.attr('style', PIXELATED_IMAGE_STYLE)", 'image3.each(function() { this.style.cssText = PIXELATED_IMAGE_STYLE; })'],
  [/components\/colorbar\/draw\.js$/, ".attr('style', '')", ".attr('style', null)"],
];
const applied = new Set();
// Traces of maps are not bundled, so their style sheet (65 kB) is not either.
const noMapCss = {
  name: 'no-map-css',
  setup(build) {
    build.onResolve({ filter: /maplibre-gl\.css$/ }, (args) => ({ path: args.path, namespace: 'empty' }));
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};
const patch = {
  name: 'csp',
  setup(build) {
    for (const [filter, from, to] of rules) {
      build.onLoad({ filter }, (args) => {
        const source = fs.readFileSync(args.path, 'utf8');
        const patched = source.replaceAll(from, to);
        if (patched === source) throw new Error('patch no longer applies: ' + from);
        applied.add(from);
        return { contents: patched };
      });
    }
  },
};
esbuild
  .build({
    entryPoints: ['entry.js'],
    outfile: 'out/plotly-epmo.min.js',
    format: 'iife',
    globalName: 'Plotly',
    bundle: true,
    minify: true,
    plugins: [patch, noMapCss, (inlineCss.default || inlineCss)(), glsl({ minify: true }), environmentPlugin({ NODE_DEBUG: false })],
    alias: { regl: '@plotly/regl', stream: 'stream-browserify' },
    define: { global: 'window', 'define.amd': 'false' },
    target: 'es2020',
    logLevel: 'error',
    legalComments: 'eof',
    metafile: true,
  })
  .then((result) => {
    if (applied.size !== rules.length) throw new Error('a patched file is no longer part of the bundle');
    fs.writeFileSync('out/meta.json', JSON.stringify(result.metafile));
  })
  .catch((error) => { console.error(error); process.exit(1); });
