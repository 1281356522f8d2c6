// html_style: how the page looks.
#pragma once

extern const char html_style[];
