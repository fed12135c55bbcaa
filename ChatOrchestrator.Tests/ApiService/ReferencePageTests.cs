using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>The API's reference at <c>/docs</c> in a real browser, under its strict policy.</summary>
public sealed class ReferencePageTests(Browser browser, ApiProcess api) : IClassFixture<Browser>, IClassFixture<ApiProcess>
{
    [BrowserFact]
    public async Task The_reference_shows_every_operation_and_calls_one_without_a_violation_of_its_policy()
    {
        (await api.GetAsync("docs")).Ok();
        using var head = await api.Client.GetAsync(new Uri("docs", UriKind.Relative));
        head.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldNotContain("unsafe");
        await using var opened = await browser.OpenPageAsync(new BrowserNewContextOptions { ViewportSize = new() { Width = 1280, Height = 900 } });
        var page = opened.Page;
        await page.AddInitScriptAsync("window.violations = []; addEventListener('securitypolicyviolation', e => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));");
        await page.GotoAsync(new Uri(api.Service.Address, "docs").ToString());

        var operations = (await api.GetAsync("openapi/v1.json")).Json.GetProperty("paths").EnumerateObject().Sum(p => p.Value.EnumerateObject().Count());
        await Assertions.Expect(page.Locator(".operation")).ToHaveCountAsync(operations);
        await page.FillAsync("#find", "post bots");
        await Assertions.Expect(page.Locator("#ListConversations")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("#CreateBot")).ToBeVisibleAsync();
        await page.FillAsync("#find", "");

        await page.ClickAsync(".side a[href='#CreateBot']");
        var operation = page.Locator("#CreateBot");
        await Assertions.Expect(operation.Locator(".command")).ToContainTextAsync("curl -X POST");
        await Assertions.Expect(operation).ToContainTextAsync("Permission: bots:write.");
        await operation.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(operation.Locator(".answer")).ToContainTextAsync("401");
        await page.FillAsync("#credential", ApiProcess.AdminKey);
        await operation.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(operation.Locator(".answer")).ToContainTextAsync("201 Created");
        await Assertions.Expect(operation.Locator(".answer")).ToContainTextAsync("\"name\": \"Support\"");

        (await page.EvaluateAsync<string[]>("window.violations")).ShouldBeEmpty();
        (await page.EvaluateAsync<string>("JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie")).ShouldBe("{}");
        // The refused call is a console error of the browser's own.
        opened.Errors.Where(e => !e.Contains("401", StringComparison.Ordinal)).ShouldBeEmpty();
        if (Environment.GetEnvironmentVariable("DOCS_SCREENSHOT") is { Length: > 0 } file)
        {
            await page.EvaluateAsync("document.getElementById('CreateBot').scrollIntoView()");
            await page.ScreenshotAsync(new() { Path = file, Animations = ScreenshotAnimations.Disabled });
        }
    }
}
