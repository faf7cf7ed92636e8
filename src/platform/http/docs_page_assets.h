// What the API page carries with it: its style, the little it does by script, its mark. Constants.
#pragma once

#include <string_view>

namespace ashlar::http {

extern const std::string_view kDocsStyle;
extern const std::string_view kDocsScript;
extern const std::string_view kDocsMark;  // an <svg>
extern const std::string_view kDocsIcon;  // the same as a data: URI

}  // namespace ashlar::http
