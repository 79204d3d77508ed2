// esbuild puts imported style sheets into widget.css.
declare module "*.css";
