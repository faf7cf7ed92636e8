#include "modules/documents/crdt/markdown_view.h"

#include <gtest/gtest.h>

#include "modules/documents/crdt/doc.h"
#include "modules/documents/crdt/markdown_inline.h"

namespace ashlar::crdt {
namespace {

std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

// Made by yjs 13.6.33: one of each of TipTap's blocks.
constexpr std::string_view kBlocks =
    "0175010007010764656661756c74030768656164696e6707000100060400010102412086010304626f6c6402"
    "7b7d84010404626f6c6486010804626f6c64046e756c6c84010909207469746c6520233128000100056c6576"
    "656c017d02870100030970617261677261706807000114060400011506706c61696e2086011b04626f6c6402"
    "7b7d86011c066974616c6963027b7d84011d05626f74682086012204626f6c64046e756c6c86012306697461"
    "6c6963046e756c6cc601220123066974616c6963046e756c6cc40125012304626f6c64c60129012306697461"
    "6c6963027b7dc60129012a04626f6c64046e756c6cc4012b012a0520616e6420c60130012a04626f6c64027b"
    "7dc60130013106737472696b65027b7dc40132013104676f6e65c60136013106737472696b65046e756c6cc4"
    "01370131022c20c60139013104636f6465027b7dc4013a013103616062c6013d013104636f6465046e756c6c"
    "c4013e01310120c6013f0131046c696e6b2e7b2268726566223a2268747470733a2f2f782e792f6120286229"
    "222c22746172676574223a225f626c616e6b227dc401400131046c696e6bc601440131046c696e6b046e756c"
    "6cc4014501310120c60146013109756e6465726c696e65027b7dc40147013105756e646572c6014c01310975"
    "6e6465726c696e65046e756c6cc4014d0131222e20322a332a3420736e616b655f63617365205f785f203c62"
    "3e204154265420432387011403097061726167726170680700017006040001710a312e206e6f206c69737487"
    "0171030968617264427265616b87017c060400017d0a2d206e6f722074686973870170030a62756c6c65744c"
    "697374070001880103086c6973744974656d070001890103097061726167726170680700018a01060400018b"
    "01036f6e658701890103086c6973744974656d0700018f010309706172616772617068070001900106040001"
    "91010374776f87019001030b6f7264657265644c697374070001950103086c6973744974656d070001960103"
    "0970617261677261706807000197010604000198010574687265658701960103086c6973744974656d070001"
    "9e0103097061726167726170680700019f0106040001a00104666f75722800019501057374617274017d0387"
    "01880103087461736b4c697374070001a60103087461736b4974656d070001a7010309706172616772617068"
    "070001a80106040001a90104646f6e65280001a70107636865636b656401788701a70103087461736b497465"
    "6d070001af010309706172616772617068070001b00106040001b10105746f20646f280001af010763686563"
    "6b656401798701a601030a626c6f636b71756f7465070001b8010309706172616772617068070001b9010604"
    "0001ba0104736169648701b9010309706172616772617068070001bf0106040001c00102736f8701b8010309"
    "636f6465426c6f636b070001c30106040001c401106c65742061203d206062600a6060600a280001c301086c"
    "616e67756167650177026a738701c301030e686f72697a6f6e74616c52756c658701d6010309706172616772"
    "617068070001d7010305696d616765280001d80103737263017705692e706e67280001d80103616c7401770a"
    "416e205b696d6167655d8701d70103057461626c65070001db0103087461626c65526f77070001dc01030b74"
    "61626c65486561646572070001dd010309706172616772617068070001de0106040001df0103617c628701dd"
    "01030b7461626c65486561646572070001e3010309706172616772617068070001e40106040001e501016387"
    "01dc0103087461626c65526f77070001e70103097461626c6543656c6c070001e80103097061726167726170"
    "68070001e90106040001ea0101318701e80103097461626c6543656c6c070001ec0103097061726167726170"
    "68070001ed0106040001ee0101328701ed010309706172616772617068070001f00106040001f10101338701"
    "db01030d736f6d657468696e67456c7365070001f3010309706172616772617068070001f40106040001f501"
    "0677697468696e8701f301030970617261677261706800";

TEST(Markdown, OfWhatTipTapWrites) {
  Doc doc({});
  ASSERT_TRUE(doc.apply(unhex(kBlocks)).ok());
  EXPECT_EQ(doc.markdown("default"),
            R"(## A **bold** title #1

plain ***both* bold** and ~~gone~~, ``a`b`` [link](https://x.y/a%20%28b%29) under. 2\*3\*4 snake_case \_x\_ \<b> AT\&T C#

1\. no list\
\- nor this

- one
- two
  3. three
  4. four

- [x] done
- [ ] to do

> said
>
> so

````js
let a = `b`
```
````

---

![An \[image\]](i.png)

| a\|b | c |
| --- | --- |
| 1 | 2 3 |

within
)");
  EXPECT_EQ(doc.markdown("nothing"), "");
}

TEST(Markdown, OfATextWithQuillsFormats) {
  Doc doc({.client = 1});
  const auto add = [&](std::string_view text, const Object& attributes) {
    ASSERT_TRUE(doc.insert_text("t", doc.length("t"), text, attributes).ok());
  };
  const Object none{{"bold", {Null{}}}};
  add("Title", none);
  add("\n", {{"header", {Integer{1, false}}}});
  add("Some ", none);
  add("bold", {{"bold", {true}}});
  add(" text\n", none);
  add("one", none);
  add("\n", {{"list", {std::string("bullet")}}});
  add("two", none);
  add("\n", {{"list", {std::string("bullet")}}});
  add("x = 1", none);
  add("\n", {{"code-block", {true}}});
  add("y = `2`", none);
  add("\n", {{"code-block", {true}}});
  add("# end", {{"link", {std::string("http://x")}}});
  EXPECT_EQ(doc.markdown("t"),
            "# Title\n\nSome **bold** text\n\n- one\n- two\n\n```\nx = 1\ny = `2`\n```\n\n"
            "[# end](http://x)\n");
}

TEST(MarkdownLine, SpacesStandOutsideOfMarks) {
  MarkdownLine line;
  line.text("a", {});
  line.text(" b ", {.bold = true});
  line.text("c", {.bold = true, .italic = true});
  line.text("  ", {.italic = true});
  line.text("d", {});
  EXPECT_EQ(line.finish(), "a **b *c***  d");
  EXPECT_TRUE(line.empty());
}

TEST(MarkdownLine, BeginsNothingByAccident) {
  for (const auto& [text, wanted] :
       std::vector<std::pair<const char*, const char*>>{{"# x", "\\# x"},
                                                        {"> x", "\\> x"},
                                                        {"- x", "\\- x"},
                                                        {"12) x", "12\\) x"},
                                                        {"    x", "x"},
                                                        {"``` x", "\\`\\`\\` x"},
                                                        {"--- ", "\\---"},
                                                        {"a # b", "a # b"},
                                                        {"&amp;", "\\&amp;"}}) {
    MarkdownLine line;
    line.text(text, {});
    EXPECT_EQ(line.finish(), wanted);
  }
}

}  // namespace
}  // namespace ashlar::crdt
