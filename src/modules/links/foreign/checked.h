// checked(): a value of /v1 that was not read from JSON, as /v1 would have read it: the limits of
// its schema hold, and errors name its fields.
#pragma once

#include <string>

#include "base/result.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::links {

template <class T>
base::Result<T> checked(const json::Schema<T>& schema, const T& value) {
  std::string text;
  json::Writer writer(text);
  schema.write(writer, value);
  return schema.parse_body(text);
}

}  // namespace ashlar::links
