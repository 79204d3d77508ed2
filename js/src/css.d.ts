// esbuild puts imported style sheets into page.css.
declare module "*.css";
