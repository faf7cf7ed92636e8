// WebSettings: what the checks of the settings of providers over HTTP have in common. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {

base::Error wrong_setting(const char* field, const char* reason, std::string detail);

// An operator may name hosts of their own network. kInvalid with the field and check_target()'s
// reason (outbound/target.h).
base::Status check_operators_url(std::string_view url, std::string_view field);
// "https://api.example.com", with or without a slash at its end: without. kInvalid
// origin_malformed.
base::Result<std::string> checked_origin(std::string_view url, std::string_view field);

template <class T>
std::string settings_text(const json::Schema<T>& schema, const T& settings) {
  std::string text;
  json::Writer writer(text);
  schema.write(writer, settings);
  return text;
}

}  // namespace ashlar::notifications
