// html_title: what a page calls itself, as far as a short look tells: the text of its first <title>
// before <body>. Whatever is given, the answer is text that can be stored and shown anywhere:
//
//  1. valid UTF-8, at most kMaxTitleChars characters (a longer one ends with "…"), without control
//     characters and without those that turn the direction of text or cannot be seen;
//  2. character references undone (numbers, and the names that titles have: kNames in
//     html_title.cc), white space of any kind as single spaces;
//  3. "" where there is none: no HTML, no whole title, or a character set that is not read. Read
//     are UTF-8 and windows-1252 (which ISO 8859-1 means in HTML); others as far as it is ASCII.
//
// Pure. O(size).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ashlar::links {

inline constexpr std::size_t kMaxTitleChars = 200;

// `content_type`: the field's value, "" where there was none.
std::string html_title(std::string_view content_type, std::string_view page);

}  // namespace ashlar::links
