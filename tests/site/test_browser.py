"""The site in a real Chromium, as people use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from tests.site.browsing import Browser

PAGES = [
    pytest.param("", id="home"),
    pytest.param("catalog/", id="catalog"),
    pytest.param("catalog/?q=cloud&platform=linux%2Farm64", id="a search"),
    pytest.param("bundles/sage/cloud-cover/", id="bundle"),
    pytest.param("bundles/sage/cloud-cover/1.1.0/", id="release with everything"),
    pytest.param("bundles/beekeepers/hive-hum/1.0.0/", id="script"),
    pytest.param("bundles/ecr/rain-counter/0.2.0/", id="binary"),
    pytest.param("bundles/hostile/page-breaker/", id="hostile bundle"),
    pytest.param("bundles/hostile/page-breaker/1.0.0/", id="hostile release"),
    pytest.param("namespaces/hostile/", id="namespace"),
    pytest.param("hardware/", id="hardware index"),
    pytest.param("hardware/dell-xr2/", id="hardware"),
    pytest.param("publish/", id="documentation"),
]
TOTAL = "37 bundles"

POKE = """
for (const box of document.querySelectorAll('details')) box.open = true;
document.querySelectorAll('main *').forEach((e) => e.dispatchEvent(new Event('mouseover')));
"""
SCRIPTS_IN_TEXT = """
return [...document.scripts].filter((script) => script.closest('main pre, main p')).length;
"""
SHOWN = "[...document.querySelectorAll('.ecr-tab {}')].find((element) => element.checkVisibility())"


class TestEveryKindOfPage:
    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("mode", ["light", "dark"])
    @pytest.mark.parametrize("width", [360, 1440])
    def test_is_as_wide_as_the_window_and_without_complaint(
        self, browser: Browser, path: str, width: int, mode: str
    ):
        browser.look(width=width, mode=mode)
        browser.complaints()
        browser.requests()
        browser.open(path)
        assert browser.overflow_px() <= 0
        assert browser.complaints() == []
        outside = [
            url for url in browser.requests() if not url.startswith((browser.address, "data:"))
        ]
        assert outside == []
        assert len(browser.texts("h1")) == 1

    @pytest.mark.parametrize("path", PAGES)
    def test_runs_nothing_of_a_bundle_even_without_the_content_policy(
        self, browser: Browser, path: str
    ):
        browser.look()
        browser.command("Page.setBypassCSP", enabled=True)
        try:
            browser.open(path)
            browser.run(POKE)
            assert browser.canaries() == []
            assert browser.run(SCRIPTS_IN_TEXT) == 0
        finally:
            browser.command("Page.setBypassCSP", enabled=False)

    def test_the_colours_that_were_chosen_stay(self, browser: Browser):
        browser.look(mode="light")
        browser.open("bundles/sage/cloud-cover/")
        browser.run("document.querySelector('label[title=\"Switch to dark colours\"]').click()")
        assert browser.find("body").get_attribute("data-md-color-scheme") == "slate"
        browser.open("catalog/")
        assert browser.find("body").get_attribute("data-md-color-scheme") == "slate"
        browser.run("localStorage.clear()")


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "first"),
        [
            ("cloud cover", "Cloud cover"),
            ("clou", "Cloud cover"),
            ("clowds", "Cloud cover"),
            ("hydrology", "Rain counter"),
            ("beekeepers/hive-hum", "Hum of a hive"),
            ("colony queen", "Hum of a hive"),
            ("warblers", "Bird song"),
            ("birds warblers", "Bird song"),
            ("babbage", "Cloud cover"),
            ("CLOUD", "Cloud cover"),
        ],
        ids=[
            "by the title",
            "by its beginning",
            "with a typing error",
            "by a keyword",
            "by the id",
            "by the summary",
            "by a word of the science description",
            "by a keyword and a word of the description together",
            "by an author",
            "in capitals",
        ],
    )
    def test_finds_a_bundle(self, browser: Browser, query: str, first: str):
        browser.look()
        browser.open("catalog/")
        browser.find("#ecr-query").send_keys(query)
        browser.wait(lambda: browser.texts("#ecr-cards h3")[:1] == [first])

    def test_says_that_nothing_was_found(self, browser: Browser):
        browser.open("catalog/?q=zzzzzzzz")
        browser.wait_for_text("#ecr-count", "0 bundles")
        assert browser.texts("#ecr-cards li") == []
        assert browser.find("#ecr-count").get_attribute("aria-live") == "polite"

    def test_an_address_can_be_shared(self, browser: Browser):
        browser.open("catalog/?q=sampler&namespace=sage&sort=name")
        browser.wait_for_text("#ecr-count", "2 bundles")
        assert browser.texts("#ecr-cards h3") == ["Image sampler", "Image sampler, first edition"]
        assert browser.find("#ecr-query").get_attribute("value") == "sampler"
        assert browser.find("#ecr-sort").get_attribute("value") == "name"

    def test_typing_changes_the_address(self, browser: Browser):
        browser.open("catalog/")
        browser.find("#ecr-query").send_keys("bird")
        browser.wait(lambda: browser.driver.current_url.endswith("catalog/?q=bird"))

    def test_the_header_of_every_page_leads_here(self, browser: Browser):
        browser.look()
        browser.open("bundles/sage/cloud-cover/1.1.0/")
        browser.find("body").send_keys("/")
        focused = browser.driver.switch_to.active_element
        focused.send_keys("bird", Keys.ENTER)
        browser.wait(lambda: browser.driver.current_url.endswith("catalog/?q=bird"))
        browser.wait(lambda: browser.texts("#ecr-cards h3")[:1] == ["Bird song"])

    def test_the_documentation_is_searched_too(self, browser: Browser):
        browser.open("catalog/?q=scaffold")
        browser.wait(lambda: "2. Start from a scaffold" in browser.texts("#ecr-docs a"))

    def test_the_address_cannot_carry_markup(self, browser: Browser):
        markup = "%3Cimg%20src%3Dx%20onerror%3Dpwned({})%3E"
        browser.open(f"catalog/?q={markup.format(99)}&keyword={markup.format(98)}")
        browser.wait(lambda: "bundle" in browser.text("#ecr-count"))
        assert browser.canaries() == []
        assert browser.texts("#ecr-active li") == ["<img src=x onerror=pwned(98)>"]


class TestFilters:
    def check(self, browser: Browser, name: str, value: str) -> None:
        browser.run(
            "[...document.querySelectorAll('#ecr-filters input')]"
            ".find((box) => box.name === arguments[0] && box.value === arguments[1]).click()",
            name, value,
        )  # fmt: skip

    def count(self, browser: Browser, name: str, value: str) -> str:
        script = (
            "return [...document.querySelectorAll('#ecr-filters input')]"
            ".find((box) => box.name === arguments[0] && box.value === arguments[1])"
            "?.closest('label').querySelector('b').textContent ?? ''"
        )
        return str(browser.run(script, name, value))

    def test_narrow_the_list_and_stand_in_the_address(self, browser: Browser):
        browser.look()
        browser.open("catalog/")
        browser.wait_for_text("#ecr-count", TOTAL)
        self.check(browser, "kind", "script")
        browser.wait_for_text("#ecr-count", "1 bundle")
        assert browser.texts("#ecr-cards h3") == ["Hum of a hive"]
        assert browser.driver.current_url.endswith("catalog/?kind=script")

    def test_values_of_one_kind_add_up_and_kinds_narrow_each_other(self, browser: Browser):
        browser.open("catalog/?kind=script&kind=binary")
        browser.wait_for_text("#ecr-count", "2 bundles")
        self.check(browser, "namespace", "ecr")
        browser.wait_for_text("#ecr-count", "1 bundle")
        assert browser.texts("#ecr-cards h3") == ["Rain counter"]

    def test_count_what_one_would_get(self, browser: Browser):
        browser.open("catalog/?kind=script")
        browser.wait_for_text("#ecr-count", "1 bundle")
        assert self.count(browser, "kind", "binary") == "1"
        assert self.count(browser, "namespace", "beekeepers") == "1"
        assert self.count(browser, "namespace", "sage") == ""

    @pytest.mark.parametrize(
        ("asked", "titles"),
        [
            ("hardware=dell-xr2&keyword=bees", ["Hum of a hive"]),
            ("status=certified", ["Cloud cover"]),
            ("keyword=biodiversity", ["Bird song"]),
            ("platform=linux%2Farm%2Fv7&namespace=ecr", ["Rain counter"]),
            ("hardware=rpi-4gb&keyword=birds", []),
        ],
        ids=["hardware", "status", "keyword", "platform", "hardware that does not fit"],
    )
    def test_every_facet_can_be_asked_for(self, browser: Browser, asked: str, titles: list[str]):
        browser.open(f"catalog/?{asked}")
        browser.wait(lambda: "so far" not in browser.text("#ecr-count"))
        assert browser.texts("#ecr-cards h3") == titles

    def test_going_back_takes_a_filter_away(self, browser: Browser):
        browser.open("catalog/")
        browser.wait_for_text("#ecr-count", TOTAL)
        self.check(browser, "kind", "binary")
        browser.wait_for_text("#ecr-count", "1 bundle")
        browser.driver.back()
        browser.wait_for_text("#ecr-count", TOTAL)

    def test_a_filter_in_use_can_be_removed_by_its_button(self, browser: Browser):
        browser.open("catalog/?kind=binary")
        browser.wait_for_text("#ecr-count", "1 bundle")
        button = browser.find("#ecr-active button")
        assert button.get_attribute("aria-label") == "Remove filter binary"
        button.click()
        browser.wait_for_text("#ecr-count", TOTAL)

    def test_the_keyboard_stays_where_it_was(self, browser: Browser):
        browser.open("catalog/")
        browser.wait_for_text("#ecr-count", TOTAL)
        browser.run("document.querySelector('#ecr-filters input[value=\"binary\"]').focus()")
        browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
        browser.wait_for_text("#ecr-count", "1 bundle")
        assert browser.driver.switch_to.active_element.get_attribute("value") == "binary"

    def test_open_on_a_small_screen_with_a_button(self, browser: Browser):
        browser.look(width=360)
        browser.open("catalog/")
        browser.wait(lambda: browser.texts(".ecr-catalog__toggle") == ["Filters"])
        assert browser.texts("#ecr-filters legend") == []
        browser.find(".ecr-catalog__toggle").click()
        assert "Platform" in browser.texts("#ecr-filters legend")
        assert browser.find(".ecr-catalog__toggle").get_attribute("aria-expanded") == "true"
        browser.look()

    def test_more_are_shown_when_asked_for(self, browser: Browser):
        browser.open("catalog/")
        browser.wait_for_text("#ecr-count", TOTAL)
        assert len(browser.texts("#ecr-cards li")) == 24
        browser.find("#ecr-more").click()
        assert len(browser.texts("#ecr-cards li")) == 37
        assert not browser.find("#ecr-more").is_displayed()


class TestBundlePage:
    @pytest.mark.parametrize(
        ("tab", "start"),
        [
            ("Docker", "docker run --rm"),
            ("On a node", "sudo pluginctl run"),
            ("As a job", "name: cloud-cover"),
        ],
        ids=["docker", "pluginctl", "job"],
    )
    def test_shows_one_way_to_run_at_a_time_and_copies_it(
        self, browser: Browser, tab: str, start: str
    ):
        permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        browser.command("Browser.grantPermissions", origin=browser.address, permissions=permissions)
        browser.open("bundles/sage/cloud-cover/")
        labels = "[...document.querySelectorAll('.ecr-tabs > label')]"
        browser.run(f"{labels}.find((label) => label.textContent === arguments[0]).click()", tab)
        shown = browser.texts(".ecr-tab pre")
        assert len(shown) == 1
        assert shown[0].startswith(start)
        expected = browser.run(f"return {SHOWN.format('pre')}.textContent")
        browser.run(f"{SHOWN.format('.ecr-copy')}.click()")
        browser.wait(lambda: browser.texts(".ecr-tab .ecr-copy") == ["Copied"])
        read = "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
        assert browser.driver.execute_async_script(read) == expected

    def test_colours_of_the_manifest_leave_its_text_as_it_was(self, browser: Browser, site):
        browser.open("bundles/hostile/page-breaker/1.0.0/")
        shown = browser.run("return document.querySelector('#manifest ~ details pre').textContent")
        path = site.parent / "bundles/hostile/page-breaker/1.0.0/release.yaml"
        assert shown == path.read_text("utf-8")


class TestWithoutScripts:
    @pytest.fixture(autouse=True)
    def no_scripts(self, browser: Browser):
        browser.look()
        browser.command("Emulation.setScriptExecutionDisabled", value=True)
        yield
        browser.command("Emulation.setScriptExecutionDisabled", value=False)

    def test_the_newest_bundles_and_all_namespaces_are_there(self, browser: Browser):
        browser.driver.get(browser.address + "catalog/")
        assert len(browser.texts("#ecr-cards li")) == 24
        assert browser.text("#ecr-count") == TOTAL
        assert browser.texts("noscript")
        browser.find(".ecr-namespaces summary").click()
        assert browser.texts(".ecr-namespaces a") == [
            "beekeepers",
            "crowd",
            "ecr",
            "hostile",
            "sage",
        ]

    def test_a_namespace_lists_every_bundle_of_its_own(self, browser: Browser):
        browser.driver.get(browser.address + "namespaces/crowd/")
        assert len(browser.texts(".ecr-cards li")) == 30

    def test_every_way_to_run_can_be_reached(self, browser: Browser):
        browser.driver.get(browser.address + "bundles/sage/cloud-cover/")
        browser.find("label[for='run-job']").click()
        assert browser.texts(".ecr-tab pre")[0].startswith("name: cloud-cover")
