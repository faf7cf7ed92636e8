// What a Shape looks like to others: as JSON Schema (2020-12, the dialect of OpenAPI 3.1), and as
// an example that its own Schema accepts.
//
// Pure; any thread. The same Shape gives the same text.
#pragma once

#include <string>

namespace ashlar::json {

struct Field;
class Shape;
class Writer;

// Whether fields that are not declared are an error: they are in requests; of an answer a client
// must accept fields that did not exist when it was written.
enum class Openness : unsigned char { kClosed, kOpen };

// Nested structs are references: "#/components/schemas/<Shape::name()>".
void write_json_schema(Writer& writer, const Shape& shape, Openness openness);
// Of one field alone, without its name.
void write_json_schema(Writer& writer, const Field& field);

// A whole value with every field that has an example or must be given. Where a rule says more than
// can be guessed (a pattern), the field needs an example of its own.
void write_example(Writer& writer, const Shape& shape);
std::string example_of(const Shape& shape);
void write_example(Writer& writer, const Field& field);

}  // namespace ashlar::json
