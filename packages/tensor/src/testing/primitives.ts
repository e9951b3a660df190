import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

// Primitives are constants of their modules, which nothing lists: they are found where they are written. An object with
// a name and a vjp is one; if its name is a parameter, the calls of the function around it are.

/** Names of all primitives with a derivative in the TypeScript files below a folder, tests left out. */
export function differentiablePrimitives(folder: string): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testing'),
  );
  return new Set(files.flatMap((file) => namesIn(join(folder, file))));
}

function namesIn(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const names: string[] = [];
  const makers = new Set<string>();
  const calls: { maker: string; name: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node) && (propertyOf(node, 'vjp') || propertyOf(node, 'vjpAll'))) {
      const name = propertyOf(node, 'name');
      if (name && ts.isPropertyAssignment(name) && ts.isStringLiteral(name.initializer)) {
        names.push(name.initializer.text);
      } else if (name) {
        makers.add(functionAround(node));
      }
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const first = node.arguments[0];
      if (first && ts.isStringLiteral(first)) calls.push({ maker: node.expression.text, name: first.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...names, ...calls.filter(({ maker }) => makers.has(maker)).map(({ name }) => name)];
}

const propertyOf = (object: ts.ObjectLiteralExpression, name: string) =>
  object.properties.find((property) => property.name && property.name.getText() === name);

function functionAround(node: ts.Node): string {
  for (let at = node; at.parent; at = at.parent) {
    if (ts.isFunctionDeclaration(at) && at.name) return at.name.text;
    if (ts.isVariableDeclaration(at) && at.initializer && ts.isArrowFunction(at.initializer)) {
      return at.name.getText();
    }
  }
  throw new Error(`a primitive without a name of its own is made outside of a function: ${node.getText()}`);
}
