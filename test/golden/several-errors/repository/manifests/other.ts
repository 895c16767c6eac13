export default 1 +;
