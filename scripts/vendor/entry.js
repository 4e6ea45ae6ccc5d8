// The cartesian traces that the pages draw, and nothing else: no map, no 3-D, no WebGL.
const Plotly = require('plotly.js/lib/core');
Plotly.register([require('plotly.js/lib/bar'), require('plotly.js/lib/heatmap')]);
module.exports = Plotly;
