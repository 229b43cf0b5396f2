/**
 * As much of JSON Schema 2020-12 as our schema uses, to hold it against files. Whatever else it meets is an error: a
 * keyword that is passed over would make a test that cannot fail.
 *
 * @module
 */

interface Subject {
  readonly value: unknown;
  readonly root: unknown;
}

type Schema = Readonly<Record<string, unknown>>;

/** True when a value is what the schema describes. */
export function conforms(schema: unknown, value: unknown): boolean {
  return matches(schema, { value, root: schema });
}

function matches(schema: unknown, subject: Subject): boolean {
  if (typeof schema === "boolean") return schema;
  if (!isObject(schema)) throw new TypeError("Schema is neither an object nor a boolean");
  return Object.entries(schema).every(([keyword, desired]) => matchesKeyword(keyword, desired, { ...subject, schema }));
}

function matchesKeyword(keyword: string, desired: unknown, subject: Subject & { schema: Schema }): boolean {
  const { value, root, schema } = subject;
  const list = (): readonly unknown[] => Array.isArray(desired) ? desired : [desired];
  switch (keyword) {
    case "$schema":
    case "$defs":
    case "title":
    case "default":
    case "description":
    case "examples":
    case "then":
      return true;
    case "properties":
    case "patternProperties":
    case "additionalProperties":
      // Each of the three says which keys the others leave; every one of them alone is reason to look at all keys.
      return !isObject(value) || Object.entries(value).every(([key, one]) => matchesProperty(key, one, subject));
    case "$ref":
      return matches(lookUp(root, String(desired)), subject);
    case "type":
      return list().some((type) => isType(value, String(type)));
    case "enum":
      return list().includes(value);
    case "const":
      return value === desired;
    case "pattern":
      return typeof value !== "string" || new RegExp(String(desired), "u").test(value);
    case "minimum":
      return typeof value !== "number" || value >= Number(desired);
    case "maximum":
      return typeof value !== "number" || value <= Number(desired);
    case "anyOf":
      return list().some((one) => matches(one, subject));
    case "allOf":
      return list().every((one) => matches(one, subject));
    case "not":
      return !matches(desired, subject);
    case "if":
      return !matches(desired, subject) || matches(schema["then"] ?? true, subject);
    case "required":
      return !isObject(value) || list().every((key) => Object.hasOwn(value, String(key)));
    case "minProperties":
      return !isObject(value) || Object.keys(value).length >= Number(desired);
    case "minItems":
      return !Array.isArray(value) || value.length >= Number(desired);
    case "maxItems":
      return !Array.isArray(value) || value.length <= Number(desired);
    case "items":
      return !Array.isArray(value) || value.every((item) => matches(desired, { value: item, root }));
    default:
      throw new TypeError(`Keyword "${keyword}" is not known here`);
  }
}

function matchesProperty(key: string, value: unknown, { schema, root }: Subject & { schema: Schema }): boolean {
  const { properties, patternProperties, additionalProperties = true } = schema;
  if (isObject(properties) && Object.hasOwn(properties, key)) return matches(properties[key], { value, root });
  const patterns = isObject(patternProperties) ? Object.keys(patternProperties) : [];
  if (patterns.some((pattern) => new RegExp(pattern, "u").test(key))) return true;
  return matches(additionalProperties, { value, root });
}

function lookUp(root: unknown, reference: string): unknown {
  return reference.split("/").slice(1).reduce<unknown>((at, step) => isObject(at) ? at[step] : undefined, root);
}

function isType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      throw new TypeError(`Type "${type}" is not known here`);
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
