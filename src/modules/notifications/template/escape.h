// What a value becomes where it is put into a text (html_context.h says where it stands). Pure.
#pragma once

#include <string>
#include <string_view>

#include "modules/notifications/template/html_context.h"

namespace ashlar::notifications {

// Appended to `out`. kHtml: & < > " ' as references. kLine: control characters and the line and
// paragraph separators as blanks. kUrl, kHtmlUrl: a whole URL, as it is but for what is no URL's
// character; "#" for none; false for one that is neither of http, https, mailto, tel nor begins
// with / ? #. kUrlPart, kHtmlUrlPart: all but unreserved characters as %XX.
[[nodiscard]] bool append_escaped(std::string_view text, Escape escape, std::string& out);

}  // namespace ashlar::notifications
