// ForeignBody: the JSON body of a client of another shortener, read field by field.
//
//   ForeignBody body = *ForeignBody::parse(call.body);
//   json.url = body.text("longUrl").value_or("");
//   ASHLAR_TRY(body.finish());           // all that was wrong, each under its field
//
// What nobody asks for is ignored, as those servers do: their clients send fields of newer
// versions. A field that is null reads as not sent; is_null() tells. One request, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/field_errors.h"
#include "platform/json/value.h"

namespace ashlar::links {

class ForeignBody {
 public:
  // kInvalid invalid_json and the like (json/parse.h); not_an_object. No body at all is {}.
  static base::Result<ForeignBody> parse(std::string_view body);
  // REQUIRES: an object, else nothing is found in it.
  explicit ForeignBody(json::Value object) : object_(std::move(object)) {}

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] bool is_null(std::string_view name) const;
  // Each: nullopt where it is not sent, null, or of another type, which is a fault.
  std::optional<std::string> text(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<base::Time> time(std::string_view name);                 // RFC 3339
  std::optional<std::vector<std::string>> texts(std::string_view name);  // one text is a list too
  const json::Value::Array* array(std::string_view name);
  const json::Value::Object* object(std::string_view name);

  void fault(std::string_view name, const char* reason, std::string detail);
  [[nodiscard]] base::Status finish() const { return faults_.status(); }

 private:
  [[nodiscard]] const json::Value* find(std::string_view name) const { return object_.find(name); }
  const json::Value* sent(std::string_view name) const;
  void wrong_type(std::string_view name, const char* wanted);

  json::Value object_;
  FieldErrors faults_;
};

}  // namespace ashlar::links
