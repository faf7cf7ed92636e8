// json_list: texts as one parameter of a statement: ["a","b"]. For the stores.
#pragma once

#include <span>
#include <string>

#include "platform/json/writer.h"

namespace ashlar::notifications::store {

inline std::string json_list(std::span<const std::string> texts) {
  std::string list;
  json::Writer writer(list);
  writer.begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
  return list;
}

}  // namespace ashlar::notifications::store
