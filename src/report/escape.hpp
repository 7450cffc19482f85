// Texts that somebody else wrote, made safe for a medium. In: any bytes; out: text of one line in which nothing acts.
#pragma once

#include <string>
#include <string_view>

namespace psdl::report {

// What every medium but JSON begins with: control and bidi characters, line breaks and broken UTF-8 become escapes that
// are seen.
[[nodiscard]] std::string visible(std::string_view text);

// Character data and attributes of XML 1.0 and HTML.
[[nodiscard]] std::string xml_text(std::string_view text);
// The same for a part of a source line: tabs are spaces.
[[nodiscard]] std::string xml_code(std::string_view text);
// JSON text as a serializer made it: invisible and bidi characters, and what build logs act on, become \u escapes. They
// stand inside strings only.
[[nodiscard]] std::string json_visible(std::string_view json);
// A cell of a table or a line of GitHub's Markdown: no markup, no link, no mention, no HTML.
[[nodiscard]] std::string markdown_text(std::string_view text);
// The message of a GitHub workflow command; a property's value.
[[nodiscard]] std::string github_message(std::string_view text);
[[nodiscard]] std::string github_property(std::string_view text);
// The same of Azure's logging commands.
[[nodiscard]] std::string azure_message(std::string_view text);
[[nodiscard]] std::string azure_property(std::string_view text);
// The description of a TAP test.
[[nodiscard]] std::string tap_description(std::string_view text);
// A path as a relative reference of RFC 3986.
[[nodiscard]] std::string uri_path(std::string_view path);

}  // namespace psdl::report
