using System.Net;
using ChatOrchestrator.ApiService;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Infrastructure.Persistence.KeyRing;
using ChatOrchestrator.ServiceDefaults;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using YamlDotNet.RepresentationModel;

namespace ChatOrchestrator.Tests.Deploy;

/// <summary>The compose file and the Kubernetes manifests against what the processes read and answer.</summary>
public sealed class ManifestTests
{
    private const string SecretNames = "ConnectionStrings__chatdb ConnectionStrings__redis Admin__ApiKey Ai__ApiKey DataProtection__Key";

    /// <summary>Read by ASP.NET Core and OpenTelemetry before our code runs.</summary>
    private static readonly string[] OfTheHost = ["ASPNETCORE_ENVIRONMENT"];

    [Fact]
    public async Task Every_environment_key_is_one_that_a_process_reads()
    {
        var read = await KeysReadAsync();
        var keys = EnvironmentKeys().ToList();

        keys.Count.ShouldBeGreaterThan(10);
        foreach (var (where, key) in keys.Where(k => !OfTheHost.Contains(k.Key)))
        {
            // An element of a list is found by its list.
            var name = key.Replace("__", ":", StringComparison.Ordinal);
            name = int.TryParse(name[(name.LastIndexOf(':') + 1)..], out _) ? name[..name.LastIndexOf(':')] : name;
            read.Contains(name).ShouldBeTrue($"{where}: nothing reads {key}");
        }
        read.Contains("Engine:NoSuchKey").ShouldBeFalse();
    }

    [Fact]
    public async Task Every_probe_is_answered()
    {
        await using var api = await DefaultsProcess();
        var probes = Containers().SelectMany(c => (string[])["startupProbe", "livenessProbe", "readinessProbe"], (c, probe) => (Container: c, Probe: probe))
            .Where(p => p.Container.Children.ContainsKey(p.Probe)).Select(p => (Name: $"{p.Container["name"]} {p.Probe}", Probe: p.Container[p.Probe])).ToList();

        probes.Count.ShouldBe(6, "the API and the worker have three each");
        foreach (var (name, probe) in probes)
        {
            probe["httpGet"]["port"].ToString().ShouldBe("http", name);
            (await api.Client.GetAsync(new Uri(probe["httpGet"]["path"].ToString(), UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK, name);
        }
        foreach (var pod in Documents("kubernetes").Select(d => d.Root).Where(d => Kind(d) == "Deployment").Select(d => d["spec"]["template"]["metadata"]["annotations"]))
        {
            (await api.Client.GetAsync(new Uri(pod["prometheus.io/path"].ToString(), UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public void Pods_run_without_rights_on_a_read_only_root_within_limits()
    {
        var specs = Documents("kubernetes").Select(d => d.Root).Where(d => Kind(d) is "Deployment" or "Job").Select(d => d["spec"]["template"]["spec"]).ToList();
        specs.Count.ShouldBe(3);
        foreach (var spec in specs)
        {
            spec["securityContext"]["runAsNonRoot"].ToString().ShouldBe("true");
            spec["automountServiceAccountToken"].ToString().ShouldBe("false");
        }
        foreach (var container in Containers())
        {
            container["securityContext"]["readOnlyRootFilesystem"].ToString().ShouldBe("true");
            container["securityContext"]["allowPrivilegeEscalation"].ToString().ShouldBe("false");
            container["securityContext"]["capabilities"]["drop"][0].ToString().ShouldBe("ALL");
            (container["resources"]["requests"]["memory"].ToString(), container["resources"]["requests"]["cpu"].ToString()).ShouldBe(("256Mi", "250m"));
            (container["resources"]["limits"]["memory"].ToString(), container["resources"]["limits"]["cpu"].ToString()).ShouldBe(("512Mi", "500m"));
        }
        foreach (var service in (YamlMappingNode[])[Service("api"), Service("worker"), Service("migrate")])
        {
            service["read_only"].ToString().ShouldBe("true");
            service["user"].ToString().ShouldBe("1654");
            service["cap_drop"][0].ToString().ShouldBe("ALL");
        }
    }

    [Fact]
    public void The_api_has_three_replicas_and_the_workers_are_scaled_by_the_lanes_that_wait()
    {
        var documents = Documents("kubernetes").Select(d => d.Root).ToList();
        documents.Single(d => Kind(d) == "Deployment" && d["metadata"]["name"].ToString() == "chat-api")["spec"]["replicas"].ToString().ShouldBe("3");
        var scaled = documents.Single(d => Kind(d) == "ScaledObject")["spec"];
        scaled["scaleTargetRef"]["name"].ToString().ShouldBe("chat-worker");
        ((YamlSequenceNode)scaled["triggers"]).Select(t => t["metadata"]["query"].ToString()).ShouldBe(["max(chat_lanes_due)", "max(chat_lanes_oldest_due_seconds)"]);
        documents.Count(d => Kind(d) == "PodDisruptionBudget").ShouldBe(2);
        documents.ShouldContain(d => Kind(d) == "NetworkPolicy");
    }

    [Fact]
    public void The_kustomization_names_every_file_and_every_grace_period_is_longer_than_the_drain()
    {
        var named = (YamlSequenceNode)Documents("kubernetes").Single(d => d.File == "kustomization.yaml").Root["resources"];
        named.Select(n => n.ToString()).Order(StringComparer.Ordinal).ShouldBe(
            Directory.GetFiles(Folder("kubernetes"), "*.yaml").Select(f => Path.GetFileName(f)!).Where(f => f != "kustomization.yaml").Order(StringComparer.Ordinal));
        foreach (var deployment in Documents("kubernetes").Select(d => d.Root).Where(d => Kind(d) == "Deployment"))
        {
            var spec = deployment["spec"]["template"]["spec"];
            var waits = ((YamlSequenceNode)spec["containers"][0]["env"]).Sum(e => int.Parse(e["value"].ToString(), System.Globalization.CultureInfo.InvariantCulture));
            int.Parse(spec["terminationGracePeriodSeconds"].ToString(), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(waits + 30);
        }
    }

    private static IEnumerable<(string Where, string Key)> EnvironmentKeys()
    {
        foreach (var (file, root) in Documents("kubernetes"))
        {
            if (Kind(root) == "ConfigMap")
            {
                foreach (var key in ((YamlMappingNode)root["data"]).Children.Keys)
                {
                    yield return (file, key.ToString());
                }
            }
        }
        foreach (var container in Containers().Where(c => c.Children.ContainsKey("env")))
        {
            foreach (var variable in (YamlSequenceNode)container["env"])
            {
                yield return ($"container {container["name"]}", variable["name"].ToString());
            }
        }
        foreach (var key in ((YamlMappingNode)Service("api")["environment"]).Children.Keys)
        {
            yield return ("compose.yaml", key.ToString());
        }
        foreach (var key in SecretNames.Split(' '))
        {
            yield return ("config.yaml, chat-secrets", key);
            File.ReadAllText(Path.Combine(Folder("kubernetes"), "config.yaml")).ShouldContain(key);
        }
    }

    private static IEnumerable<YamlMappingNode> Containers() =>
        Documents("kubernetes").Select(d => d.Root).Where(d => Kind(d) is "Deployment" or "Job")
            .SelectMany(d => (YamlSequenceNode)d["spec"]["template"]["spec"]["containers"]).Cast<YamlMappingNode>();

    /// <summary>A service of the compose file, with what it takes from the anchor.</summary>
    private static YamlMappingNode Service(string name)
    {
        var service = (YamlMappingNode)Documents("compose").Single().Root["services"][name];
        var merged = new YamlMappingNode();
        foreach (var (key, value) in ((YamlMappingNode)service["<<"]).Children.Concat(service.Children.Where(c => c.Key.ToString() != "<<")))
        {
            merged.Children[key] = value;
        }
        return merged;
    }

    private static IEnumerable<(string File, YamlMappingNode Root)> Documents(string folder)
    {
        foreach (var file in Directory.GetFiles(Folder(folder), "*.yaml"))
        {
            var yaml = new YamlStream();
            using var reader = File.OpenText(file);
            yaml.Load(reader);
            foreach (var document in yaml.Documents)
            {
                yield return (Path.GetFileName(file), (YamlMappingNode)document.RootNode);
            }
        }
    }

    private static string Kind(YamlMappingNode document) => document["kind"].ToString();

    private static string Folder(string name) => Path.Combine(TestMachine.RepositoryRoot, "deploy", name);

    private static Task<ServiceProcess> DefaultsProcess() => ServiceProcess.StartAsync(ServiceHost.ApiService, ApiProcess.Settings());

    /// <summary>Builds the API and the worker and binds all their options, and listens to which keys are asked for.</summary>
    private static async Task<HashSet<string>> KeysReadAsync()
    {
        var read = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var role in Enum.GetValues<HostRole>())
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production", ContentRootPath = Path.Combine(TestMachine.RepositoryRoot, $"ChatOrchestrator.{(role == HostRole.Api ? "ApiService" : "Worker")}") });
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["ConnectionStrings:chatdb"] = "Host=127.0.0.1;Port=9;Username=nobody;Database=none",
                ["ConnectionStrings:redis"] = "127.0.0.1:9",
                ["Admin:ApiKey"] = ApiProcess.AdminKey,
            });
            ((IConfigurationBuilder)builder.Configuration).Add(new Listening(read));
            builder.AddServiceDefaults();
            builder.AddChatOrchestrator(role);
            if (role == HostRole.Api)
            {
                builder.AddApi();
            }
            await using var app = builder.Build();
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            _ = app.Services.GetServices<IHostedService>().Count();
            _ = app.Services.GetRequiredService<IOptions<KeyRingOptions>>().Value;
        }
        return read;
    }

    /// <summary>A source of settings that has none and notes what it is asked for.</summary>
    private sealed class Listening(HashSet<string> read) : IConfigurationSource, IConfigurationProvider
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public bool TryGet(string key, out string? value)
        {
            value = null;
            lock (read)
            {
                read.Add(key);
            }
            return false;
        }

        public IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath)
        {
            if (parentPath is not null)
            {
                lock (read)
                {
                    read.Add(parentPath);
                }
            }
            // A section without a child is not bound at all.
            return parentPath?.Contains(':', StringComparison.Ordinal) == false ? earlierKeys.Append("Any") : earlierKeys;
        }

        public IChangeToken GetReloadToken() => new CancellationChangeToken(CancellationToken.None);

        public void Load()
        {
        }

        public void Set(string key, string? value)
        {
        }
    }
}
