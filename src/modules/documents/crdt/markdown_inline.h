// MarkdownLine: a paragraph's worth of text with marks, as Markdown (CommonMark, with ~~ of GFM).
//
// What has a meaning in Markdown is escaped, so that a reader sees the characters that were
// written. Spaces at the ends of a mark stand outside of it, where Markdown wants them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ashlar::crdt {

struct MarkdownMarks {
  bool bold = false;
  bool italic = false;
  bool strike = false;
  bool code = false;
  std::string link = {};  // "": none
};

class MarkdownLine {
 public:
  void text(std::string_view text, const MarkdownMarks& marks);
  void image(std::string_view source, std::string_view alt);
  void hard_break();
  [[nodiscard]] bool empty() const { return out_.empty() && space_.empty(); }
  // Leaves it empty. What would be a heading, a list … at the start of a line is escaped.
  std::string finish();

 private:
  void close_to(std::size_t open);
  void turn(const std::vector<std::string>& wanted);
  void code(std::string_view text);

  std::string out_;
  std::string space_;              // at the end, in or out of what is open
  std::vector<std::string> open_;  // marks: what closes them
};

// A fence of backticks that is longer than any in `text`, `least` at least.
std::string fence_for(std::string_view text, std::size_t least);

}  // namespace ashlar::crdt
