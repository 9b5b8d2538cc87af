/**
 * Reads what an npm provider package declares about a resource: the `…Args` interface of its .d.ts file and the nested interfaces of
 * types/input.d.ts. Syntax only. The latter file has megabytes, so only the namespaces that are needed are cut out and parsed.
 */
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import ts from "typescript";
import type { ObjectSpec, PropertySpec, TokenSchema, TypeSpec } from "./model";

/** Wordings that the gcp package uses where a change means a new resource. */
const saysReplacement = /\bforces?\b[^.]*\b(new resource|re-?created?)|\bcauses?\b[^.]*\brecreate/i;

export interface Declared {
  /** Root of the npm package. */
  packageDir: string;
  /** The resource's file without extension, relative to the root. */
  file: string;
  /** Name of the interface that lists the inputs, and of the class. */
  args: string;
  className: string;
}

/** Undefined where the package has no such resource. */
export function declaredSchema(
  token: string,
  { packageDir, file, args, className }: Declared,
): TokenSchema | undefined {
  const declaration = path.join(packageDir, `${file}.d.ts`);
  if (!existsSync(declaration)) return undefined;
  const source = parse(readFileSync(declaration, "utf8"));
  const inputs = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === args);
  if (!inputs || !ts.isInterfaceDeclaration(inputs)) return undefined;
  const types: Record<string, ObjectSpec> = {};
  const nested = new NestedTypes(path.join(packageDir, "types", "input.d.ts"), types);
  const schema: TokenSchema = {
    token,
    inputs: nested.objectSpec(inputs, source),
    outputs: secretOutputs(path.join(packageDir, `${file}.js`), className),
    types,
  };
  nested.resolve();
  return schema;
}

/** The SDK asks the engine to keep these outputs secret; its JavaScript is the only place that says so. */
function secretOutputs(file: string, className: string): ObjectSpec {
  const code = readFileSync(file, "utf8");
  const body = code.slice(code.indexOf(`class ${className} `));
  const list = /additionalSecretOutputs: (\[[^\]]*\])/.exec(body)?.[1];
  const names = list ? (JSON.parse(list) as string[]) : [];
  return Object.fromEntries(names.map((name) => [name, { type: { kind: "any" }, required: false, secret: true }]));
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("declarations.d.ts", text, ts.ScriptTarget.Latest, false);
}

class NestedTypes {
  private readonly wanted: string[] = [];
  private readonly parsed = new Map<string, Map<string, { node: ts.InterfaceDeclaration; source: ts.SourceFile }>>();
  private text: string | undefined;

  constructor(
    private readonly file: string,
    private readonly types: Record<string, ObjectSpec>,
  ) {}

  objectSpec(node: ts.InterfaceDeclaration, source: ts.SourceFile): ObjectSpec {
    const properties: ObjectSpec = {};
    for (const member of node.members) {
      if (!ts.isPropertySignature(member) || !member.type) continue;
      const property: PropertySpec = { type: this.typeSpec(member.type, source), required: !member.questionToken };
      const comment = source.text.slice(member.getFullStart(), member.getStart(source)).replace(/\s*\n\s*\*?\s*/g, " ");
      if (saysReplacement.test(comment)) property.replaces = true;
      properties[ts.isIdentifier(member.name) ? member.name.text : member.name.getText(source).replace(/["']/g, "")] =
        property;
    }
    return properties;
  }

  /** Adds every nested type that was referred to so far, and what these refer to. */
  resolve(): void {
    for (let ref = this.wanted.pop(); ref !== undefined; ref = this.wanted.pop()) {
      const [namespace = "", ...rest] = ref.split(".");
      const found = rest.length > 0 ? this.namespace(namespace).get(ref) : this.toplevel(ref);
      this.types[ref] = found ? this.objectSpec(found.node, found.source) : {};
    }
  }

  private typeSpec(node: ts.TypeNode, source: ts.SourceFile): TypeSpec {
    if (ts.isParenthesizedTypeNode(node)) return this.typeSpec(node.type, source);
    if (ts.isArrayTypeNode(node)) return { kind: "array", items: this.typeSpec(node.elementType, source) };
    if (ts.isUnionTypeNode(node))
      return union(node.types.filter(isDefined).map((member) => this.typeSpec(member, source)));
    if (ts.isTypeLiteralNode(node)) {
      const index = node.members.find((member) => ts.isIndexSignatureDeclaration(member));
      return index && ts.isIndexSignatureDeclaration(index)
        ? { kind: "map", values: this.typeSpec(index.type, source) }
        : { kind: "any" };
    }
    if (ts.isLiteralTypeNode(node)) {
      if (ts.isStringLiteral(node.literal)) return { kind: "literal", value: node.literal.text };
      return { kind: "any" };
    }
    if (ts.isTypeReferenceNode(node)) return this.reference(node, source);
    switch (node.kind) {
      case ts.SyntaxKind.StringKeyword:
        return { kind: "string" };
      case ts.SyntaxKind.NumberKeyword:
        return { kind: "number" };
      case ts.SyntaxKind.BooleanKeyword:
        return { kind: "boolean" };
      default:
        return { kind: "any" };
    }
  }

  private reference(node: ts.TypeReferenceNode, source: ts.SourceFile): TypeSpec {
    const name = node.typeName.getText(source);
    const [argument] = node.typeArguments ?? [];
    if (name === "pulumi.Input" && argument) return this.typeSpec(argument, source);
    if (name.startsWith("pulumi.asset.")) return { kind: "asset" };
    if (name.startsWith("inputs.")) {
      const ref = name.slice("inputs.".length);
      if (!(ref in this.types)) {
        this.types[ref] = {};
        this.wanted.push(ref);
      }
      return { kind: "object", ref };
    }
    return { kind: "any" };
  }

  private content(): string {
    this.text ??= readFileSync(this.file, "utf8");
    return this.text;
  }

  private toplevel(name: string) {
    const source = parse(block(this.content(), `export interface ${name} {`));
    const [node] = source.statements;
    return node && ts.isInterfaceDeclaration(node) ? { node, source } : undefined;
  }

  private namespace(name: string) {
    const ready = this.parsed.get(name);
    if (ready) return ready;
    const source = parse(block(this.content(), `export declare namespace ${name} {`));
    const interfaces = new Map<string, { node: ts.InterfaceDeclaration; source: ts.SourceFile }>();
    const walk = (statements: readonly ts.Statement[], prefix: string): void => {
      for (const node of statements) {
        if (ts.isInterfaceDeclaration(node)) interfaces.set(`${prefix}${node.name.text}`, { node, source });
        if (ts.isModuleDeclaration(node) && node.body && ts.isModuleBlock(node.body)) {
          walk(node.body.statements, `${prefix}${node.name.text}.`);
        }
      }
    };
    walk(source.statements, "");
    this.parsed.set(name, interfaces);
    return interfaces;
  }
}

/** A top-level block from its first line to the closing brace in the first column. */
function block(text: string, opening: string): string {
  const start = text.startsWith(opening) ? 0 : text.indexOf(`\n${opening}`) + 1;
  if (start === 0 && !text.startsWith(opening)) return "";
  const end = text.indexOf("\n}", start);
  return text.slice(start, end < 0 ? undefined : end + 2);
}

function isDefined(node: ts.TypeNode): boolean {
  return (
    node.kind !== ts.SyntaxKind.UndefinedKeyword &&
    !(ts.isLiteralTypeNode(node) && node.literal.kind === ts.SyntaxKind.NullKeyword)
  );
}

function union(members: TypeSpec[]): TypeSpec {
  const distinct = [...new Map(members.map((member) => [JSON.stringify(member), member])).values()];
  const [only] = distinct;
  if (distinct.some(({ kind }) => kind === "any")) return { kind: "any" };
  return distinct.length === 1 && only ? only : { kind: "union", members: distinct };
}
