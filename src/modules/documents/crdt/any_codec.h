// Any as bytes (lib0's any) and as JSON.
//
// lib0: check_any() takes one value from a reader and keeps nothing; read_any() keeps it. A value
// deeper than kMaxAnyDepth is Fault::kTooDeep. What was read is written again to the same bytes,
// but for the order of an object's keys, which is JavaScript's (as for JSON).
//
// JSON: as JavaScript's JSON.stringify and JSON.parse do it, to the byte: shortest numbers, members
// that are undefined left out, undefined in arrays null, bytes an object of their numbers; keys
// that are array indices first, ascending; of equal keys the last value at the first one's place;
// half surrogate pairs become U+FFFD.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "modules/documents/crdt/any.h"
#include "modules/documents/crdt/lib0.h"

namespace ashlar::crdt {

// Keys that are array indices first, ascending, then the others as they are; of equal keys the last
// value, at the first one's place.
void order_as_javascript(Object& object);

// False, and the reader has a fault.
bool check_any(Reader& in);
bool read_any(Reader& in, Any& out);
void write_any(std::string& out, const Any& value);

// With the tag that lib0 chooses: an integer where it is one of at most 31 bits, float where that
// is exact, else double.
Any any_of(double number);

// Nothing is written for undefined.
void write_json(std::string& out, const Any& value);
void write_json_string(std::string& out, std::string_view text);
std::string js_number(double number);  // as String(number) gives it

// kNone where `text` (valid UTF-8) is one JSON value.
Fault check_json(std::string_view text);
Fault read_json(std::string_view text, Any& out);

}  // namespace ashlar::crdt
