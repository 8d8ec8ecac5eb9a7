import { theme } from "./color.ts";

/** How a page looks: Grafana's dark theme. */
export const style: string = `
*{box-sizing:border-box;margin:0;padding:0}
body{position:relative;background:${theme.canvas};color:${theme.text};font:400 14px/1.5 Inter,sans-serif;overflow:hidden}
header{position:absolute;left:16px;right:16px;top:0;height:96px}
header>div{display:flex;align-items:center;gap:8px;height:44px}
header>div:first-child{justify-content:space-between;border-bottom:1px solid ${theme.border};margin:0 -16px;padding:0 16px}
h1{font-size:18px;font-weight:500;letter-spacing:-.01em}
.time,.variable{border:1px solid ${theme.border};border-radius:6px;height:30px;line-height:28px;padding:0 10px;background:${theme.panel};font-size:13px}
.variable{padding:0 10px 0 0}
.variable em{display:inline-block;padding:0 10px;margin-right:10px;border-right:1px solid ${theme.border};font-weight:500}
em{font-style:normal}
.time em{color:${theme.textWeak};margin-left:4px}
.marks{margin-left:auto;display:flex;gap:16px;font-size:12px;color:${theme.textWeak}}
.mark i{display:inline-block;height:12px;border-left:2px dashed;margin-right:6px;vertical-align:-2px}
.mark.off{opacity:.4}
main{position:absolute}
main>*{position:absolute}
h2{display:flex;align-items:center;gap:6px;font-size:15px;font-weight:500}
section{background:${theme.panel};border:1px solid ${theme.border};border-radius:6px;overflow:hidden}
h3{display:flex;align-items:center;gap:6px;height:36px;padding:0 10px;font-size:14px;font-weight:500;letter-spacing:.01em;white-space:nowrap}
h3 svg{color:${theme.textWeak};opacity:.7}
.content{padding:0 8px;position:relative;overflow:hidden}
.content>svg{display:block}
.legend{list-style:none;display:flex;flex-wrap:wrap;align-content:flex-start;column-gap:14px;overflow:hidden;font-size:12px;line-height:22px;padding-left:4px}
.legend li{white-space:nowrap;max-width:100%;overflow:hidden;text-overflow:ellipsis}
.legend i{display:inline-block;width:14px;border-top:4px solid;border-radius:2px;margin-right:6px;vertical-align:3px}
.legend i.dashed{border-top:2px dashed;border-radius:0}
.no-data{height:100%;display:flex;align-items:center;justify-content:center;color:${theme.textWeak};padding-bottom:24px}
.tiles{display:flex;flex-wrap:wrap}
.tile{position:relative;display:flex;align-items:center;justify-content:space-between;gap:8px;padding:0 12px;line-height:1.15;border-radius:4px;overflow:hidden;white-space:nowrap}
.tile.lone{justify-content:center}
.tile svg{position:absolute;left:0;bottom:0}
.tile span,.tile b{position:relative;font-weight:500;letter-spacing:-.01em}
.tile span{overflow:hidden;text-overflow:ellipsis}
.tile b{font-weight:500;line-height:1.1}
.bars{display:flex;flex-direction:column;gap:8px;justify-content:center;height:100%;padding-bottom:4px}
.bar{display:flex;align-items:center;gap:10px;white-space:nowrap}
.bar span{overflow:hidden;text-overflow:ellipsis}
.bar>div{flex:1;height:100%;border-radius:4px;overflow:hidden}
.bar i{display:block;height:100%;opacity:.85}
.bar b{font-size:18px;font-weight:500;text-align:right}
.scale{display:flex;align-items:center;gap:8px;height:20px;padding-left:4px;font-size:12px;color:${theme.textWeak}}
.scale i{width:200px;height:8px;border-radius:2px}
table{width:100%;border-collapse:collapse;font-size:14px;line-height:20px}
th{height:36px;padding:0 10px;text-align:left;font-weight:500;color:${theme.textWeak};border-bottom:1px solid ${theme.border}}
td{height:36px;padding:0 10px;border-bottom:1px solid ${theme.border}}
.number{text-align:right;font-variant-numeric:tabular-nums}
`;
