#include "modules/notifications/template/html_context.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Code, what loads a document of its own, and what ends only where a browser's tokenizer says.
constexpr std::array<std::string_view, 17> kRefusedElements = {
    "script",  "iframe",   "frame",    "frameset",  "object",   "embed",  "applet", "base", "xmp",
    "noembed", "noframes", "noscript", "plaintext", "template", "portal", "svg",    "math"};
constexpr std::array<std::string_view, 4> kUrlAttributes = {"href", "src", "background", "cite"};
// Those that neither run nor load anything.
constexpr std::array<std::string_view, 26> kHarmlessAttributes = {
    "abbr",    "align", "alt",  "bgcolor", "border", "cellpadding", "cellspacing", "class", "color",
    "colspan", "dir",   "face", "height",  "id",     "label",       "lang",        "name",  "role",
    "rowspan", "scope", "size", "summary", "title",  "valign",      "value",       "width"};
constexpr std::array<std::string_view, 3> kRefusedAttributes = {"srcdoc", "formaction", "action"};

HtmlError syntax(std::string detail) { return {"html_syntax", std::move(detail)}; }

}  // namespace

std::optional<HtmlError> UrlStart::feed(char c) {
  if (at == At::kInside) return std::nullopt;
  const char low = base::ascii_lower(c);
  if (is_letter(low) ||
      (!scheme.empty() && (is_digit(low) || low == '+' || low == '-' || low == '.'))) {
    at = At::kScheme;
    if (scheme.size() < kMaxNameBytes) scheme += low;
    return std::nullopt;
  }
  // Browsers pass over blanks and control characters, and read character references first.
  if (static_cast<unsigned char>(c) <= ' ' && at == At::kStart) return std::nullopt;
  if (static_cast<unsigned char>(c) < ' ' || c == '&') {
    return HtmlError{"url_not_allowed", "the scheme of a URL is written out"};
  }
  if (c == ':') {
    if (scheme == "javascript" || scheme == "vbscript" || scheme == "data" || scheme == "file" ||
        scheme == "blob" || scheme.empty()) {
      return HtmlError{"url_not_allowed", "a URL with the scheme \"" + scheme + "\""};
    }
  }
  at = At::kInside;
  scheme.clear();
  return std::nullopt;
}

std::string HtmlContext::where() const {
  switch (at_) {
    case At::kText:
      return "in text";
    case At::kTagOpen:
    case At::kEndTagOpen:
    case At::kTagName:
      return "in a tag's name";
    case At::kInTag:
    case At::kAttribute:
    case At::kAfterAttribute:
      return "in a tag, outside of an attribute";
    case At::kBeforeValue:
    case At::kUnquoted:
      return "in the attribute " + attribute_ + " without quotes";
    case At::kDouble:
    case At::kSingle:
      return "in the attribute " + attribute_;
    case At::kDeclaration:
    case At::kComment:
      return "in a comment";
    case At::kRaw:
      return "in " + name_;
  }
  return "";
}

std::optional<HtmlError> HtmlContext::value(Escape& escape) {
  after_body_ = false;
  const bool quoted = at_ == At::kDouble || at_ == At::kSingle;
  if (at_ == At::kText || (at_ == At::kRaw && name_ != "style") ||
      (quoted && kind_ == Kind::kHarmless)) {
    if (at_ == At::kRaw && !seen_.empty()) return syntax("a < within " + name_);
    escape = Escape::kHtml;
    return std::nullopt;
  }
  if (quoted && kind_ == Kind::kUrl && url_.takes_value()) {
    escape = url_.at == UrlStart::At::kStart ? Escape::kHtmlUrl : Escape::kHtmlUrlPart;
    url_.at = UrlStart::At::kInside;
    return std::nullopt;
  }
  const bool scheme = quoted && kind_ == Kind::kUrl;
  return HtmlError{"placeholder_not_allowed",
                   "no value may stand " + where() +
                       (scheme ? ", where it could change the scheme of the URL" : "")};
}

std::optional<HtmlError> HtmlContext::feed(char c) {
  after_body_ = false;
  switch (at_) {
    case At::kText:
      if (c == '<') at_ = At::kTagOpen;
      return std::nullopt;
    case At::kTagOpen:
      closing_ = false;
      name_.clear();
      if (is_letter(c)) return at_ = At::kTagName, in_name(c);
      if (c == '/') return at_ = At::kEndTagOpen, std::nullopt;
      if (c == '!') return at_ = At::kDeclaration, seen_.clear(), std::nullopt;
      if (is_space(c) || is_digit(c) || c == '=') return *this = {}, std::nullopt;
      return syntax("a < that begins no tag is written &lt;");
    case At::kEndTagOpen:
      closing_ = true;
      if (!is_letter(c)) return syntax("</ without a name");
      at_ = At::kTagName;
      return in_name(c);
    case At::kTagName:
      return in_name(c);
    case At::kInTag:
      return in_tag(c);
    case At::kAttribute:
    case At::kAfterAttribute:
      return in_attribute(c);
    case At::kBeforeValue:
    case At::kDouble:
    case At::kSingle:
    case At::kUnquoted:
      return in_value(c);
    case At::kDeclaration:
      return in_declaration(c);
    case At::kComment:
      return in_comment(c);
    case At::kRaw:
      return in_raw(c);
  }
  return std::nullopt;
}

std::optional<HtmlError> HtmlContext::end_name() {
  if (!one_of(kRefusedElements, name_)) return std::nullopt;
  return HtmlError{"element_not_allowed", "a message has no element " + name_};
}

std::optional<HtmlError> HtmlContext::in_name(char c) {
  if (is_letter(c) || is_digit(c) || c == '-' || c == ':') {
    if (name_.size() >= kMaxNameBytes) return syntax("a tag with a name that long");
    name_ += base::ascii_lower(c);
    return std::nullopt;
  }
  if (!is_space(c) && c != '/' && c != '>') return syntax("the tag's name has a wrong character");
  if (auto error = end_name()) return error;
  at_ = At::kInTag;
  return in_tag(c);
}

std::optional<HtmlError> HtmlContext::in_tag(char c) {
  if (is_space(c) || c == '/') return std::nullopt;
  if (c == '>') return end_tag(), std::nullopt;
  at_ = At::kAttribute;
  attribute_.clear();
  return in_attribute(c);
}

// Nothing of a tag is remembered after it, so that two texts that end alike are alike.
void HtmlContext::end_tag() {
  const bool raw = !closing_ && (name_ == "style" || name_ == "title" || name_ == "textarea");
  const bool body = !closing_ && name_ == "body";
  HtmlContext next;
  next.after_body_ = body;
  if (raw) {
    next.at_ = At::kRaw;
    next.name_ = name_;
  }
  *this = next;
}

void HtmlContext::end_attribute() {
  at_ = At::kInTag;
  kind_ = Kind::kForbidden;
  attribute_.clear();
  url_ = {};
}

std::optional<HtmlError> HtmlContext::in_attribute(char c) {
  if (c == '>') return end_tag(), std::nullopt;
  if (c == '/') return end_attribute(), std::nullopt;
  if (is_space(c)) return at_ = At::kAfterAttribute, std::nullopt;
  if (c == '=' && !attribute_.empty()) return at_ = At::kBeforeValue, std::nullopt;
  if (c == '"' || c == '\'' || c == '<' || c == '=' || static_cast<unsigned char>(c) < ' ') {
    return syntax("an attribute's name has a wrong character");
  }
  if (at_ == At::kAfterAttribute) attribute_.clear();
  at_ = At::kAttribute;
  if (attribute_.size() >= kMaxNameBytes) return syntax("an attribute with a name that long");
  attribute_ += base::ascii_lower(c);
  return std::nullopt;
}

std::optional<HtmlError> HtmlContext::begin_value(At at) {
  at_ = at;
  url_ = {};
  if (attribute_.starts_with("on") || one_of(kRefusedAttributes, attribute_)) {
    return HtmlError{"attribute_not_allowed", "a message has no attribute " + attribute_};
  }
  const bool data = attribute_.starts_with("data-") || attribute_.starts_with("aria-");
  kind_ = Kind::kForbidden;
  if (data || one_of(kHarmlessAttributes, attribute_)) kind_ = Kind::kHarmless;
  if (one_of(kUrlAttributes, attribute_)) kind_ = Kind::kUrl;
  // What the document itself is made of is the author's alone.
  if (name_ == "meta" || name_ == "link" || name_ == "param") kind_ = Kind::kForbidden;
  return std::nullopt;
}

std::optional<HtmlError> HtmlContext::in_value(char c) {
  if (at_ == At::kBeforeValue) {
    if (is_space(c)) return std::nullopt;
    if (c == '"') return begin_value(At::kDouble);
    if (c == '\'') return begin_value(At::kSingle);
    if (c == '>') return syntax("an attribute without a value");
    if (auto error = begin_value(At::kUnquoted)) return error;
  }
  if ((at_ == At::kDouble && c == '"') || (at_ == At::kSingle && c == '\'')) {
    return end_attribute(), std::nullopt;
  }
  if (at_ == At::kUnquoted) {
    if (is_space(c)) return end_attribute(), std::nullopt;
    if (c == '>') return end_tag(), std::nullopt;
    if (c == '"' || c == '\'' || c == '<' || c == '=' || c == '`') {
      return syntax("an attribute without quotes has a character that needs them");
    }
  }
  const bool url = kind_ == Kind::kUrl || one_of(kUrlAttributes, attribute_);
  return url ? url_.feed(c) : std::nullopt;
}

std::optional<HtmlError> HtmlContext::in_declaration(char c) {
  if (seen_ == "-") {
    if (c != '-') return syntax("<!- is no comment");
    return at_ = At::kComment, seen_.clear(), std::nullopt;
  }
  if (seen_.empty() && c == '-') return seen_ = "-", std::nullopt;
  if (c == '>') return at_ = At::kText, seen_.clear(), std::nullopt;
  if (c == '[' && seen_ == "!") return syntax("<![ is for XML");
  seen_ = "!";
  return std::nullopt;
}

std::optional<HtmlError> HtmlContext::in_comment(char c) {
  // "!" stands for any content, so that <!--> and <!---> are seen.
  if (c == '>' && (seen_.empty() || seen_ == "-")) return syntax("a comment that ends at once");
  if (c == '>' && (seen_ == "!--" || seen_ == "--" || seen_ == "!--!")) {
    return at_ = At::kText, seen_.clear(), std::nullopt;
  }
  if (c == '-') {
    const bool dashes = seen_.ends_with("--");
    if (!dashes || seen_.ends_with('!')) seen_ = seen_.ends_with("!--!") ? "!-" : seen_ + "-";
    return std::nullopt;
  }
  seen_ = c == '!' && seen_.ends_with("--") ? "!--!" : "!";
  return std::nullopt;
}

std::optional<HtmlError> HtmlContext::in_raw(char c) {
  const std::string end = "</" + name_;
  if (seen_ == end) {
    if (!is_space(c) && c != '/' && c != '>') return syntax("</" + name_ + " without its end");
    closing_ = true;
    at_ = At::kInTag;
    seen_.clear();
    return in_tag(c);
  }
  const bool brace = seen_.starts_with('{');
  if (!brace && end.substr(0, seen_.size() + 1) == seen_ + base::ascii_lower(c)) {
    seen_ += base::ascii_lower(c);
    return std::nullopt;
  }
  if (seen_.starts_with('<') && name_ != "style") return syntax("a < within " + name_);
  if (seen_.starts_with('<')) seen_.clear();
  if (c == '<') return seen_ = "<", std::nullopt;
  if (name_ != "style") return std::nullopt;
  // {name} and {name, …} are no CSS: somebody wants a value where none can be.
  if (c == '{') return seen_ = "{", std::nullopt;
  if (!seen_.starts_with('{')) return std::nullopt;
  if (is_letter(c) || is_digit(c) || c == '_' || c == '.') {
    seen_ = "{a";
  } else if ((c == '}' || c == ',') && seen_ == "{a") {
    return HtmlError{"placeholder_not_allowed", "no value may stand in style"};
  } else if (!is_space(c)) {
    seen_.clear();
  }
  return std::nullopt;
}

}  // namespace ashlar::notifications
