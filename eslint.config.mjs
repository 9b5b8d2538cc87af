import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["sdks/", "node_modules/", "**/*.mjs", "**/*.cjs", "vitest.config.mts"] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.check.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // A component is used for what its constructor declares.
      "no-new": "off",
      "@typescript-eslint/no-extraneous-class": "off",
    },
  },
);
