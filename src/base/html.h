// HTML: text made safe where it stands between tags or in a quoted attribute. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ashlar::base {

void append_html(std::string& out, std::string_view text);
std::string html_escaped(std::string_view text);

}  // namespace ashlar::base
