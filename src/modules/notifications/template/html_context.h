// HtmlContext: where in a piece of HTML one is: the part of a browser's tokenizer that must be
// known to put a value there safely. Fed with what a template's author wrote, byte by byte.
//
// It is stricter than browsers are: what it cannot be sure of is an error, and so is what has no
// place in a message (script, frames, event handlers). A value may stand
//   in text, title and textarea                      escaped for HTML
//   in a quoted attribute that is known as harmless  escaped for HTML
//   in a quoted attribute that is a link or an image as a URL, or a part of one
// and nowhere else: not in tags' and attributes' names, unquoted attributes, comments, style.
//
// A value type; equal states accept the same continuations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ashlar::notifications {

enum class Escape : std::uint8_t {
  kPlain,
  kLine,         // a header: no line break, no control character
  kHtml,         // text or quoted attribute
  kHtmlUrl,      // a whole URL at the beginning of an attribute
  kHtmlUrlPart,  // within a URL in an attribute
  kUrl,          // the same two where there is no HTML around
  kUrlPart,
};

struct HtmlError {
  const char* reason;  // html_syntax, element_not_allowed, attribute_not_allowed, url_not_allowed,
                       // placeholder_not_allowed
  std::string detail;
};

// The part of a URL that decides its scheme.
struct UrlStart {
  enum class At : std::uint8_t { kStart, kScheme, kInside } at = At::kStart;
  std::string scheme;

  std::optional<HtmlError> feed(char c);
  // What a value here has to be; nullopt: it could change the scheme.
  [[nodiscard]] bool takes_value() const { return at != At::kScheme; }
  friend bool operator==(const UrlStart&, const UrlStart&) = default;
};

class HtmlContext {
 public:
  std::optional<HtmlError> feed(char c);
  // A value stands here. `escape` says how to write it.
  std::optional<HtmlError> value(Escape& escape);
  // The text may end here.
  [[nodiscard]] bool complete() const { return at_ == At::kText; }
  // In <style>: braces are CSS, nothing is replaced.
  [[nodiscard]] bool verbatim() const { return at_ == At::kRaw && name_ == "style"; }
  // Just after <body …>.
  [[nodiscard]] bool after_body_tag() const { return after_body_; }
  [[nodiscard]] std::string where() const;  // "in the attribute href"

  friend bool operator==(const HtmlContext&, const HtmlContext&) = default;

 private:
  enum class At : std::uint8_t {
    kText,
    kTagOpen,     // <
    kEndTagOpen,  // </
    kTagName,
    kInTag,
    kAttribute,  // its name
    kAfterAttribute,
    kBeforeValue,  // =
    kDouble,
    kSingle,
    kUnquoted,
    kDeclaration,  // <!
    kComment,
    kRaw,  // the content of style, title, textarea
  };
  enum class Kind : std::uint8_t { kForbidden, kHarmless, kUrl };

  std::optional<HtmlError> in_name(char c);
  std::optional<HtmlError> in_tag(char c);
  std::optional<HtmlError> in_attribute(char c);
  std::optional<HtmlError> in_value(char c);
  std::optional<HtmlError> in_declaration(char c);
  std::optional<HtmlError> in_comment(char c);
  std::optional<HtmlError> in_raw(char c);
  std::optional<HtmlError> begin_value(At at);
  std::optional<HtmlError> end_name();
  void end_tag();
  void end_attribute();

  At at_ = At::kText;
  bool closing_ = false;  // </…
  bool after_body_ = false;
  Kind kind_ = Kind::kForbidden;
  std::string name_;  // of the tag; of the raw element
  std::string attribute_;
  std::string seen_;  // of a comment's or a raw element's end; of a name in braces in CSS
  UrlStart url_;
};

}  // namespace ashlar::notifications
